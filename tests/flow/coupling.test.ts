import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { forward } from '../../src/network/forward.js';
import { initialise } from '../../src/network/initialise.js';
import { permutationSpec } from '../../src/network/permutation-spec.js';
import { permuteNeurons } from '../../src/network/permute.js';
import { fitCoordinates } from '../../src/flow/coordinates.js';
import { createCoupling, type CouplingKind } from '../../src/flow/coupling.js';
import { FLOW_GEOMETRIES, pointGeometry, type FlowGeometry } from '../../src/flow/geometry.js';
import { WeightSpace } from '../../src/flow/weight-space.js';
import { ReferenceOps, tensor } from '../../src/ops/reference-ops.js';
import { Random } from '../../src/random.js';

const DEEP = architecture([3, 6, 5, 2]);
const SHALLOW = architecture([3, 6, 2]);
const BATCH = 4;

interface Batch {
  readonly space: WeightSpace;
  /** The networks that x1 stands for. */
  readonly networks: readonly Float32Array[];
  readonly x0: readonly Float32Array[];
  readonly x1: readonly Float32Array[];
}

function batchOf(geometry: FlowGeometry, arch = DEEP, seed = 2, size = BATCH): Batch {
  const rows = Array.from({ length: size }, (_, row) => row);
  const networks = rows.map((row) => initialise(arch, new Random(seed, 'data', row)));
  const space = new WeightSpace(arch, fitCoordinates([{ architecture: arch, networks }], geometry));
  return {
    space,
    networks,
    x0: rows.map((row) => space.prior(new Random(seed, 'noise', row))),
    x1: networks.map((network) => space.standardise(network)),
  };
}

function couple(kind: CouplingKind, { space, x0, x1 }: Batch): readonly Float32Array[] {
  return createCoupling(kind, space)(x0, x1);
}

function totalCost(
  { space, x0 }: Pick<Batch, 'space' | 'x0'>,
  x1: readonly Float32Array[],
): number {
  return x0.reduce((sum, start, row) => sum + space.squaredDistance(start, x1[row]!), 0);
}

/** All orders of 0 … n − 1. */
function permutations(n: number): readonly (readonly number[])[] {
  if (n === 0) return [[]];
  return permutations(n - 1).flatMap((shorter) =>
    Array.from({ length: n }, (_, at) => [...shorter.slice(0, at), n - 1, ...shorter.slice(at)]),
  );
}

describe.each(FLOW_GEOMETRIES)('couplings of the %s flow', (geometry) => {
  const batches = [1, 2, 3, 4, 5].map((seed) => batchOf(geometry, DEEP, seed));
  const [batch] = batches;

  it('independent: leaves the pairs of the prior', () => {
    expect(couple('independent', batch!)).toEqual(batch!.x1);
  });

  it('ot: the same networks in the order of least total cost of all orders', () => {
    let moved = 0;
    for (const each of batches) {
      const paired = couple('ot', each);
      expect([...paired].sort()).toEqual([...each.x1].sort());
      const costs = permutations(BATCH).map((order) =>
        totalCost(
          each,
          order.map((row) => each.x1[row]!),
        ),
      );
      expect(costs).toHaveLength(24);
      expect(totalCost(each, paired)).toBeLessThanOrEqual(Math.min(...costs) * (1 + 1e-12));
      if (paired.some((x1, row) => x1 !== each.x1[row])) moved++;
    }
    expect(moved).toBeGreaterThan(0);
  });

  it.each(['equivariant', 'equivariant-ot'] as const)(
    '%s: keeps the function of every network, and what follows its weights (1e-5)',
    (kind) => {
      const { space, networks, x1 } = batch!;
      const inputs = new Random(9).normals(3 * 20);
      const logits = (network: Float32Array) => forward(DEEP, network, inputs);
      const original = networks.map(logits);
      const coupled = couple(kind, batch!);
      const found = space.decode(space.pack(coupled)).map((weights, row) => {
        const actual = logits(weights);
        const same = original.findIndex((expected) =>
          expected.every((logit, i) => Math.abs(logit - actual[i]!) < 1e-5),
        );
        expect(coupled[row]).not.toEqual(x1[same]);
        // The log scale, where there is one.
        const rest = networkOf(DEEP).parameters;
        expect([...coupled[row]!.subarray(rest)]).toEqual([...x1[same]!.subarray(rest)]);
        return same;
      });
      if (kind === 'equivariant') expect(found).toEqual([0, 1, 2, 3]);
      else expect([...found].sort()).toEqual([0, 1, 2, 3]);
    },
  );

  it('equivariant: holds the same numbers as each network', () => {
    couple('equivariant', batch!).forEach((coupled, row) => {
      expect([...coupled].sort()).toEqual([...batch!.x1[row]!].sort());
    });
  });

  it('equivariant: costs less than independent; equivariant-ot less than either of its parts', () => {
    const many = batchOf(geometry, DEEP, 7, 16);
    const cost = (kind: CouplingKind): number => totalCost(many, couple(kind, many));
    expect(cost('equivariant')).toBeLessThan(0.9 * cost('independent'));
    expect(cost('equivariant-ot')).toBeLessThan(0.999 * cost('equivariant'));
    expect(cost('equivariant-ot')).toBeLessThan(0.9 * cost('ot'));
  });

  it('gives the same pairs whenever it is asked', () => {
    const { space, x0, x1 } = batch!;
    const coupling = createCoupling('equivariant-ot', space);
    const first = coupling(x0, x1);
    const kept = first.map((row) => Array.from(row));
    coupling(x1, x0);
    expect(coupling(x0, x1)).toEqual(first);
    expect(first.map((row) => Array.from(row))).toEqual(kept);
  });
});

it('equivariant undoes a permutation, exactly for one hidden layer', () => {
  const { space, x0 } = batchOf('euclidean', SHALLOW);
  const shuffled = x0.map((weights, row) =>
    permuteNeurons(weights, SHALLOW, permutationSpec(SHALLOW), [new Random(row).permutation(6)]),
  );
  expect(createCoupling('equivariant', space)(x0, shuffled)).toEqual(x0);
});

it('ot of the Geometric flow goes by the length of the geodesics, not of the chords', () => {
  const arch = architecture([2, 1, 2]);
  const population = [{ architecture: arch, networks: [initialise(arch, new Random(1))] }];
  const space = new WeightSpace(arch, fitCoordinates(population, 'geometric'));
  const flat = new WeightSpace(arch, fitCoordinates(population, 'normalized'));
  const point = (degrees: number): Float32Array => {
    const angle = (degrees / 180) * Math.PI;
    const direction = [Math.cos(angle), Math.sin(angle)].map((x) => Math.SQRT2 * x);
    return Float32Array.of(...direction, 0, Math.SQRT2, 0, 0, 0, 0);
  };
  const [x0, x1] = [
    [point(0), point(80)],
    [point(175), point(90)],
  ];
  // Squared angles: 175² + 10² > 90² + 95². Squared chords: 2 − 2 cos, 3.99 + 0.03 < 2 + 2.17.
  const cost = (each: WeightSpace, order: readonly [number, number]): number =>
    each.squaredDistance(x0[0]!, x1[order[0]]!) + each.squaredDistance(x0[1]!, x1[order[1]]!);
  for (const each of [space, flat]) {
    const best = cost(each, [0, 1]) < cost(each, [1, 0]) ? x1 : [x1[1], x1[0]];
    expect(createCoupling('ot', each)(x0, x1)).toEqual(best);
  }
  expect(cost(space, [0, 1]) < cost(space, [1, 0])).not.toBe(
    cost(flat, [0, 1]) < cost(flat, [1, 0]),
  );
});

it.each(FLOW_GEOMETRIES)('squaredDistance is that of the path, %s (relative 1e-5)', (geometry) => {
  const { space, x0, x1 } = batchOf(geometry);
  const ops = new ReferenceOps();
  const [start, end] = [x0, x1].map((points) =>
    space.pack(points).map(({ data, shape }) => tensor(data, shape)),
  );
  const { path } = pointGeometry(geometry, space.layout.tensors);
  path.squaredDistance(ops, start!, end!).data.forEach((expected, row) => {
    expect(Math.abs(space.squaredDistance(x0[row]!, x1[row]!) / expected - 1)).toBeLessThan(1e-5);
  });
});
