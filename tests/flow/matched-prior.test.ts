import { describe, expect, it } from 'vitest';
import { fitCoordinates } from '../../src/flow/fit-coordinates.js';
import { FLOW_GEOMETRIES, isCanonical } from '../../src/flow/geometry.js';
import { sphereBlocks } from '../../src/flow/sphere-blocks.js';
import { WeightSpace } from '../../src/flow/weight-space.js';
import { architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { permuteNeurons } from '../../src/network/permute.js';
import { permutationSpec } from '../../src/network/permutation-spec.js';
import { Random } from '../../src/random.js';
import { fittedSpace } from '../support/fitted-space.js';

const ARCH = architecture([4, 5, 3, 2]);
const WIDE = architecture([4, 8, 6, 2]);

/** Networks whose weights from feature d are d + 1 times as large. */
function networks(arch = ARCH, count = 40): readonly Float32Array[] {
  const [first] = networkOf(arch).slots;
  return Array.from({ length: count }, (_, index) => {
    const weights = new Random(2, index).normals(networkOf(arch).parameters);
    for (let i = 0; i < first!.size; i++) weights[i]! *= 1 + Math.floor(i / first!.shape[1]!);
    return weights;
  });
}

describe.each(FLOW_GEOMETRIES)('the matched prior of a %s flow', async (geometry) => {
  const population = [ARCH, WIDE].map((arch) => ({ architecture: arch, networks: networks(arch) }));
  const coordinates = await fitCoordinates(population, geometry, { prior: 'matched' });
  const space = new WeightSpace(ARCH, coordinates);

  it('has one deviation per coordinate, pooled over hidden neurons', () => {
    const { deviations } = space;
    expect(deviations!.length).toBe(space.dimension);
    const [first, , second] = networkOf(ARCH).slots;
    for (let d = 0; d < 4; d++) {
      const row = deviations!.subarray(d * 5, d * 5 + 5);
      expect(new Set(row).size).toBe(1);
    }
    const ratio = deviations![15]! / deviations![0]!;
    // Of vectors scaled to one norm it is less than of the weights, 4.
    expect(ratio).toBeGreaterThan(2.5);
    expect(ratio).toBeLessThan(4.6);
    expect(new Set(deviations!.subarray(second!.offset, second!.offset + second!.size)).size).toBe(
      1,
    );
    expect(first!.size).toBe(20);
  });

  it('has no preference among permutations of the zoo', async () => {
    const spec = permutationSpec(ARCH);
    const turned = networks().map((own, index) =>
      permuteNeurons(
        own,
        ARCH,
        spec,
        spec.groups.map(({ size }) => new Random(index).permutation(size)),
      ),
    );
    const of = async (some: readonly Float32Array[]): Promise<Float32Array> =>
      (await fittedSpace(ARCH, some, geometry, { prior: 'matched' })).deviations!;
    const [before, after] = [await of(networks()), await of(turned)];
    before.forEach((deviation, k) => {
      expect(after[k]! / deviation).toBeCloseTo(1, 4);
    });
  });

  it('draws noise with these deviations, on spheres up to their radius', () => {
    const draws = Array.from({ length: 4000 }, (_, index) => space.prior(new Random(index)));
    const rms = (k: number): number =>
      Math.sqrt(draws.reduce((sum, point) => sum + point[k]! ** 2, 0) / draws.length);
    const { deviations } = space;
    // Projection keeps the order, and free coordinates keep their deviations.
    for (let d = 1; d < 4; d++) expect(rms(d * 5)).toBeGreaterThan(1.1 * rms((d - 1) * 5));
    const bias = networkOf(ARCH).slots[1]!.offset;
    expect(rms(bias) / deviations![bias]!).toBeCloseTo(1, 1);
    if (!isCanonical(geometry)) expect(rms(15) / deviations![15]!).toBeCloseTo(1, 1);
    for (const { offset, count, size } of isCanonical(geometry) ? sphereBlocks(ARCH) : []) {
      let square = 0;
      for (let i = 0; i < size; i++) square += draws[0]![offset + i * count]! ** 2;
      expect(square / size).toBeCloseTo(1, 5);
    }
  });

  it('never has a deviation of 0', async () => {
    const dead = networks().map((own) => own.map((value, i) => (i < 5 ? 0 : value)));
    const own = await fittedSpace(ARCH, dead, geometry, { prior: 'matched' });
    expect(Math.min(...own.deviations!)).toBeGreaterThan(1e-3);
  });
});

it('is standard noise unless it is asked for', async () => {
  const space = await fittedSpace(ARCH, networks(), 'geometric');
  expect(space.deviations).toBeNull();
});
