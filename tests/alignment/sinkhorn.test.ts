import { describe, expect, it } from 'vitest';

import { solveAssignment } from '../../src/alignment/linear-assignment.js';
import { crossEntropyLoss } from '../../src/alignment/network-loss.js';
import { relaxedNetwork } from '../../src/alignment/relaxed-network.js';
import { sinkhorn } from '../../src/alignment/sinkhorn.js';
import { SinkhornRebasin } from '../../src/alignment/sinkhorn-rebasin.js';
import { matchWeights } from '../../src/alignment/weight-matching.js';
import { architecture, type Architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { forward } from '../../src/network/forward.js';
import { initialise } from '../../src/network/initialise.js';
import { permutationSpec } from '../../src/network/permutation-spec.js';
import {
  identityPermutations,
  invertPermutation,
  permuteNeurons,
} from '../../src/network/permute.js';
import { ReferenceOps, tensor, type ReferenceTensor } from '../../src/ops/reference-ops.js';
import { Random } from '../../src/random.js';
import {
  activation,
  add,
  dense,
  graphArchitecture,
  GRAPH_FORMS,
  type Form,
} from '../network/graphs.js';

const ops = new ReferenceOps();

function matrixOf(permutation: Int32Array): ReferenceTensor {
  const n = permutation.length;
  return tensor(
    Float64Array.from({ length: n * n }, (_, at) =>
      permutation[Math.floor(at / n)] === at % n ? 1 : 0,
    ),
    [n, n],
  );
}

function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
}

describe('sinkhorn', () => {
  it('makes matrices doubly stochastic: columns to 1e-12, rows to 1e-3', () => {
    const random = new Random(91);
    for (const n of [1, 2, 5, 16]) {
      const z = tensor(random.normals(n * n), [n, n]);
      const p = sinkhorn(ops, z);
      for (const sum of ops.sum(p, [0]).data) expect(Math.abs(sum - 1)).toBeLessThan(1e-12);
      for (const sum of ops.sum(p, [1]).data) expect(Math.abs(sum - 1)).toBeLessThan(1e-3);
      expect(p.data.every((value) => value > 0)).toBe(true);
    }
  });

  it('approaches the assignment as the temperature falls', () => {
    const random = new Random(92);
    const z = Float64Array.from({ length: 25 }, () => random.normal());
    const p = sinkhorn(ops, tensor(z, [5, 5]), { temperature: 0.01, iterations: 300 });
    const expected = matrixOf(solveAssignment(z, { maximize: true })).data;
    p.data.forEach((value, i) => {
      expect(Math.abs(value - expected[i]!)).toBeLessThan(0.02);
    });
  });
});

describe('relaxedNetwork', () => {
  const architectures = {
    '4-6-5-2': architecture([4, 6, 5, 2]),
    ...Object.fromEntries(
      Object.entries(GRAPH_FORMS).map(([name, form]) => [name, graphArchitecture(form)]),
    ),
  };
  for (const [name, arch] of Object.entries(architectures)) {
    it(`is permuteNeurons for permutation matrices (${name})`, () => {
      const spec = permutationSpec(arch);
      const random = new Random(93, name);
      const weights = initialise(arch, random);
      const permutations = spec.groups.map(({ size }) => random.permutation(size));
      const tensors = new Map(
        networkOf(arch).slots.map(({ name: own, offset, size, shape }) => [
          own,
          tensor(weights.subarray(offset, offset + size), shape),
        ]),
      );
      const relaxed = relaxedNetwork(ops, spec, tensors, permutations.map(matrixOf));
      const flat = [...relaxed.values()].flatMap(({ data }) => [...data]);
      expect(flat).toEqual([...permuteNeurons(weights, arch, spec, permutations)]);
    });
  }
});

describe('crossEntropyLoss', () => {
  it('is the mean over rows, and refuses labels and rows that do not fit', () => {
    const arch = architecture([2, 2]);
    const tensors = new Map([
      ['w1', tensor([1, 0, 0, 1], [2, 2])],
      ['b1', tensor([0, 0], [2])],
    ]);
    const x = [0, 0, 0, Math.log(3)];
    const loss = crossEntropyLoss(arch, x, [0, 1])(ops, tensors);
    expect(loss.data[0]).toBeCloseTo((Math.log(2) + Math.log(4 / 3)) / 2, 12);
    expect(() => crossEntropyLoss(arch, x, [0, 2])).toThrow('labels from 0 to 1, got 2');
    expect(() => crossEntropyLoss(arch, x, [0])).toThrow('got 4 numbers');
    expect(() => crossEntropyLoss(arch, [], [])).toThrow('at least one');
  });
});

/** Data that a network itself labels, so that it is the best classifier there is. */
function taskOf(arch: Architecture, weights: Float32Array, random: Random) {
  const rows = 100;
  const { inputs, outputs: classes } = networkOf(arch);
  const x = random.normals(rows * inputs);
  const logits = forward(arch, weights, x);
  const labels = Array.from({ length: rows }, (_, row) => {
    const own = [...logits.subarray(row * classes, (row + 1) * classes)];
    return own.indexOf(Math.max(...own));
  });
  return crossEntropyLoss(arch, x, labels);
}

/** A residual block of one dense layer, from a group to itself. */
const SELF_BLOCK: Form = {
  input: [4],
  nodes: [
    dense(6, 'stem'),
    activation('relu', 'x'),
    dense(6, 'self'),
    add(['self', 'x']),
    activation('relu'),
    dense(2, 'head'),
  ],
};

describe('SinkhornRebasin', () => {
  const architectures = {
    '5-8-3': architecture([5, 8, 3]),
    '4-6-5-2': architecture([4, 6, 5, 2]),
    'a residual network with a layer from a group to itself': graphArchitecture(SELF_BLOCK),
  };
  for (const [name, arch] of Object.entries(architectures)) {
    const spec = permutationSpec(arch);

    it(`undoes a permutation of ${name} by l2, and its barrier by the loss objectives`, async () => {
      const random = new Random(94, name);
      // Large weights, so that the loss depends on them.
      const reference = initialise(arch, random).map((w) => 4 * w);
      const shuffle = spec.groups.map(({ size }) => random.permutation(size));
      const shuffled = permuteNeurons(reference, arch, spec, shuffle);
      const expected = shuffle.map(invertPermutation);
      const l2 = await new SinkhornRebasin(arch).match(reference, shuffled);
      expect(l2.permutations).toEqual(expected);
      expect(l2.objective).toBeLessThan(1e-10);

      const loss = taskOf(arch, reference, random);
      for (const kind of ['midpoint', 'random-point'] as const) {
        const objective = { kind, loss };
        const still = new SinkhornRebasin(arch, { objective, steps: 0 });
        const worst = (await still.match(reference, shuffled)).objective;
        const best = (await still.match(reference, shuffled, { start: expected })).objective;
        const { objective: found } = await new SinkhornRebasin(arch, { objective }).match(
          reference,
          shuffled,
        );
        // Other permutations may be as good for the loss, so it is the barrier that has to go.
        expect((found - best) / (worst - best), kind).toBeLessThan(0.2);
      }
    });

    it(`is never worse than its start on unrelated networks ${name}`, async () => {
      const random = new Random(95, name);
      const reference = initialise(arch, random);
      const network = initialise(arch, random);
      const loss = taskOf(arch, reference, random);
      const start = matchWeights(reference, network, arch).permutations;
      for (const objective of [
        { kind: 'l2' },
        { kind: 'midpoint', loss },
        { kind: 'random-point', loss },
      ] as const) {
        const options = { objective, random: new Random(96) };
        const before = new SinkhornRebasin(arch, { ...options, steps: 0 });
        const unchanged = await before.match(reference, network, { start });
        expect(unchanged.permutations).toEqual(start);
        const after = await new SinkhornRebasin(arch, options).match(reference, network, { start });
        expect(after.objective).toBeLessThanOrEqual(unchanged.objective);
        // From nowhere it finds something clearly better than leaving the network as it is.
        const { objective: identity } = await before.match(reference, network);
        const free = await new SinkhornRebasin(arch, options).match(reference, network);
        expect(free.objective).toBeLessThan(identity);
      }
    });
  }

  it('reports the squared distance as the objective of l2', async () => {
    const arch = architecture([3, 4, 2]);
    const random = new Random(97);
    const [a, b] = [initialise(arch, random), initialise(arch, random)];
    const { permutations, objective } = await new SinkhornRebasin(arch).match(a, b);
    const moved = permuteNeurons(b, arch, permutationSpec(arch), permutations);
    expect(objective).toBeCloseTo(squaredDistance(a, moved), 10);
  });

  it('is reproducible, and works without hidden layers', async () => {
    const arch = architecture([3, 5, 2]);
    const random = new Random(98);
    const [a, b] = [initialise(arch, random), initialise(arch, random)];
    const objective = { kind: 'random-point', loss: taskOf(arch, a, random) } as const;
    const once = await new SinkhornRebasin(arch, { objective, random: new Random(1) }).match(a, b);
    const twice = await new SinkhornRebasin(arch, { objective, random: new Random(1) }).match(a, b);
    expect(twice).toEqual(once);
    const flat = architecture([3, 2]);
    const { permutations } = await new SinkhornRebasin(flat).match(
      a.subarray(0, 8),
      b.subarray(0, 8),
    );
    expect(permutations).toEqual([]);
  });

  it('refuses networks and starts that do not fit', async () => {
    const arch = architecture([3, 4, 2]);
    const rebasin = new SinkhornRebasin(arch);
    const weights = initialise(arch, new Random(99));
    await expect(rebasin.match(weights, weights.subarray(1))).rejects.toThrow('26 weights, got 25');
    await expect(rebasin.match(weights.with(0, NaN), weights)).rejects.toThrow('got NaN at 0');
    await expect(
      rebasin.match(weights, weights, { start: [Int32Array.of(0, 1, 1, 2)] }),
    ).rejects.toThrow('got 1');
    const identity = identityPermutations(permutationSpec(arch));
    expect(await rebasin.match(weights, weights, { start: identity })).toEqual({
      permutations: identity,
      objective: 0,
    });
  });
});
