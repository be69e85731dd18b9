import { describe, expect, it } from 'vitest';

import { matchActivations } from '../../src/alignment/activation-matching.js';
import { lossBarrier, meanLossBarrier, randomPairs } from '../../src/alignment/barrier.js';
import { crossEntropyLoss } from '../../src/alignment/network-loss.js';
import { SinkhornRebasin } from '../../src/alignment/sinkhorn-rebasin.js';
import { matchWeights } from '../../src/alignment/weight-matching.js';
import { forward } from '../../src/network/forward.js';
import { initialise } from '../../src/network/initialise.js';
import { networkOf } from '../../src/network/network.js';
import { permutationSpec } from '../../src/network/permutation-spec.js';
import { permuteNeurons } from '../../src/network/permute.js';
import { ReferenceOps, scalarValue, tensor } from '../../src/ops/reference-ops.js';
import { Random } from '../../src/random.js';
import { graphArchitecture, GRAPH_FORMS } from '../network/graphs.js';

/** A quartic with minima at ±1 in the first coordinate: (w² − 1)². */
const doubleWell = (weights: ArrayLike<number>): number => (weights[0]! ** 2 - 1) ** 2;

describe('lossBarrier', () => {
  it('is the height of the midpoint over the mean of the ends', async () => {
    expect(await lossBarrier([1], [-1], doubleWell)).toBe(1);
    expect(await lossBarrier([1], [1], doubleWell)).toBe(0);
    // L(0.5) − (L(1) + L(0))/2 = 0.5625 − 0.5
    expect(await lossBarrier([1], [0], doubleWell)).toBeCloseTo(0.0625, 12);
    await expect(lossBarrier([1], [1, 2], doubleWell)).rejects.toThrow('1 and 2 weights');
  });

  it('averages over pairs and evaluates each network once', async () => {
    let evaluations = 0;
    const counted = (weights: ArrayLike<number>): number => {
      evaluations++;
      return doubleWell(weights);
    };
    const pairs = [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const;
    expect(await meanLossBarrier([[1], [-1], [1]], pairs, counted)).toBeCloseTo(2 / 3, 12);
    expect(evaluations).toBe(6);
    await expect(meanLossBarrier([[1]], [], doubleWell)).rejects.toThrow('at least one pair');
    await expect(meanLossBarrier([[1]], [[0, 1]], doubleWell)).rejects.toThrow('got 1');
  });

  it('draws pairs of two different networks, all of them', () => {
    const pairs = randomPairs(4, 400, new Random(1));
    const seen = new Set(pairs.map(([a, b]) => `${String(a)}-${String(b)}`));
    expect(pairs.every(([a, b]) => a !== b)).toBe(true);
    expect(seen.size).toBe(12);
    expect(() => randomPairs(1, 1, new Random(1))).toThrow('at least two networks');
  });
});

describe('barriers of residual networks', () => {
  for (const [name, form] of Object.entries(GRAPH_FORMS)) {
    it(`fall to a fifth by matching noisy copies of ${name} in another order`, async () => {
      const arch = graphArchitecture(form);
      const { inputs, outputs, slots } = networkOf(arch);
      const spec = permutationSpec(arch);
      const random = new Random(71, name);
      // Large weights, so that the loss depends on them.
      const reference = initialise(arch, random).map((w) => 3 * w);
      const rows = 200;
      const x = random.normals(rows * inputs);
      const logits = forward(arch, reference, x);
      const labels = Array.from({ length: rows }, (_, row) => {
        const values = [...logits.subarray(row * outputs, (row + 1) * outputs)];
        return values.indexOf(Math.max(...values));
      });
      const recorded = crossEntropyLoss(arch, x, labels);
      const loss = (weights: Float64Array): number => {
        const tensors = slots.map(
          ({ name: tensorName, offset, size, shape }) =>
            [tensorName, tensor(weights.subarray(offset, offset + size), shape)] as const,
        );
        return scalarValue(recorded(new ReferenceOps(), new Map(tensors)));
      };
      const order = spec.groups.map(({ size }) => random.permutation(size));
      const noisy = reference.map((w) => w + 0.02 * random.normal());
      const copy = permuteNeurons(noisy, arch, spec, order);
      const before = await lossBarrier(reference, copy, loss);
      const matchings = {
        weights: matchWeights(reference, copy, arch).permutations,
        activations: matchActivations(reference, copy, arch, x),
        sinkhorn: (await new SinkhornRebasin(arch, { steps: 50 }).match(reference, copy))
          .permutations,
      };
      expect(before).toBeGreaterThan(0.05);
      for (const [matching, permutations] of Object.entries(matchings)) {
        const moved = permuteNeurons(copy, arch, spec, permutations);
        const after = await lossBarrier(reference, moved, loss);
        expect(after, matching).toBeLessThan(before / 5);
      }
    });
  }
});
