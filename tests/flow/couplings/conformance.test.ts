import { describe, expect, it } from 'vitest';
import { COUPLINGS } from '../../../src/flow/couplings/registry.js';
import { FLOW_GEOMETRIES } from '../../../src/flow/geometry.js';
import { networkOf } from '../../../src/network/network.js';
import { forward } from '../../../src/network/forward.js';
import { Random } from '../../../src/random.js';
import { batchOf, couple, DEEP, totalCost, type Batch } from './batch.js';
import { COUPLING_CASES } from './cases.js';

const INPUTS = new Random(9).normals(3 * 20);

/** Which network of the batch each coupled point stands for, by its function (1e-5). */
function functionsOf(batch: Batch, coupled: readonly Float32Array[]): readonly number[] {
  const { space, networks } = batch;
  const originals = networks.map((network) => forward(DEEP, network, INPUTS));
  return space.decode(space.pack(coupled)).map((weights) => {
    const actual = forward(DEEP, weights, INPUTS);
    return originals.findIndex((expected) =>
      expected.every((logit, i) => Math.abs(logit - actual[i]!) < 1e-5),
    );
  });
}

const isSame = (a: Float32Array, b: Float32Array): boolean => a.every((value, i) => value === b[i]);

describe.each(COUPLINGS)('the coupling %s', (kind) => {
  const { reorders, permutesNeurons, relativeCost } = COUPLING_CASES[kind];

  describe.each(FLOW_GEOMETRIES)('of the %s flow', async (geometry) => {
    const batches = await Promise.all([1, 2, 3, 4, 5].map((seed) => batchOf(geometry, { seed })));

    it('keeps every network of the batch once, by its function, and its log scale', () => {
      const rest = networkOf(DEEP).parameters;
      let moved = 0;
      for (const batch of batches) {
        const coupled = couple(kind, batch);
        const found = functionsOf(batch, coupled);
        expect([...found].sort()).toEqual([0, 1, 2, 3]);
        found.forEach((original, row) => {
          expect([...coupled[row]!.subarray(rest)]).toEqual([
            ...batch.x1[original]!.subarray(rest),
          ]);
          if (original !== row) moved++;
        });
      }
      expect(moved > 0).toBe(reorders);
    });

    it('permutes the neurons of networks, if anything, and changes no number', () => {
      let permuted = 0;
      for (const batch of batches) {
        const coupled = couple(kind, batch);
        functionsOf(batch, coupled).forEach((original, row) => {
          const [point, source] = [coupled[row]!, batch.x1[original]!];
          expect([...point].sort()).toEqual([...source].sort());
          if (!isSame(point, source)) permuted++;
        });
      }
      expect(permuted > 0).toBe(permutesNeurons);
    });

    it('leaves noise and data as they are, and gives the same pairs again', () => {
      const [batch, other] = batches as [Batch, Batch];
      const before = [...batch.x0, ...batch.x1].map((point) => point.slice());
      const first = couple(kind, batch).map((point) => point.slice());
      couple(kind, other);
      expect(couple(kind, batch)).toEqual(first);
      expect([...batch.x0, ...batch.x1]).toEqual(before);
    });

    it('shortens the paths as it should', async () => {
      const many = await batchOf(geometry, { seed: 7, size: 16 });
      const cost = totalCost(many, couple(kind, many));
      expect(cost).toBeLessThanOrEqual(relativeCost * totalCost(many, many.x1));
    });
  });
});
