import { describe, expect, it } from 'vitest';
import { architecture, parameterCount, tensorLayout } from '../../src/architecture/architecture.js';
import { fitTensorScales } from '../../src/flow/tensor-scales.js';
import { WeightSpace } from '../../src/flow/weight-space.js';
import { Random } from '../../src/random.js';

const ARCH = architecture([3, 5, 4, 2]);
const SIZE = parameterCount(ARCH);
const NETWORKS = [0, 1, 2].map((index) => {
  const weights = new Random(4, index).normals(SIZE);
  // Every tensor at a scale of its own, so that a mixed-up scale shows.
  tensorLayout(ARCH).forEach(({ offset, size }, tensor) => {
    for (let i = offset; i < offset + size; i++) weights[i]! *= 10 ** (tensor - 3);
  });
  return weights;
});
const space = new WeightSpace(ARCH, fitTensorScales([{ architecture: ARCH, networks: NETWORKS }]));

describe('WeightSpace', () => {
  it('gives every tensor of the population unit mean square (1e-5)', () => {
    const points = NETWORKS.map((weights) => space.standardise(weights));
    for (const { name, offset, size } of tensorLayout(ARCH)) {
      const values = points.flatMap((point) => [...point.subarray(offset, offset + size)]);
      const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
      expect(Math.abs(square - 1), name).toBeLessThan(1e-5);
    }
  });

  it('comes back from standardise, pack and decode, row by row (relative 1e-6)', () => {
    const decoded = space.decode(space.pack(NETWORKS.map((weights) => space.standardise(weights))));
    expect(decoded).toHaveLength(NETWORKS.length);
    decoded.forEach((weights, row) => {
      weights.forEach((value, i) => {
        const expected = NETWORKS[row]![i]!;
        expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-6 * Math.abs(expected));
      });
    });
  });

  it('packs tensors in flat order behind a batch axis', () => {
    const counting = Float32Array.from({ length: SIZE }, (_, i) => i);
    const point = space.pack([counting, counting.map((value) => -value)]);
    expect(point.map(({ shape }) => shape)).toEqual([
      [2, 3, 5],
      [2, 5],
      [2, 5, 4],
      [2, 4],
      [2, 4, 2],
      [2, 2],
    ]);
    expect([...point[1]!.data]).toEqual([15, 16, 17, 18, 19, -15, -16, -17, -18, -19]);
  });

  it('knows its dimension', () => {
    expect(space.dimension).toBe(3 * 5 + 5 + 5 * 4 + 4 + 4 * 2 + 2);
  });

  it.each([SIZE - 1, SIZE + 1, 0])('refuses vectors of %i numbers', (length) => {
    const wrong = new Float32Array(length);
    const mismatch = expect.objectContaining({ code: 'shape-mismatch' }) as Error;
    expect(() => space.standardise(wrong)).toThrow(mismatch);
    expect(() => space.pack([new Float32Array(SIZE), wrong])).toThrow(mismatch);
  });

  it('refuses an architecture without scales', () => {
    expect(() => new WeightSpace(ARCH, {})).toThrow(
      expect.objectContaining({ code: 'unsupported-architecture' }) as Error,
    );
  });
});
