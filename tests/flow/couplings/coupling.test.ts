import { describe, expect, it } from 'vitest';
import { architecture } from '../../../src/network/architecture.js';
import { initialise } from '../../../src/network/initialise.js';
import { permutationSpec } from '../../../src/network/permutation-spec.js';
import { permuteNeurons } from '../../../src/network/permute.js';
import { createCoupling, type CouplingKind } from '../../../src/flow/couplings/registry.js';
import { FLOW_GEOMETRIES, pointGeometry } from '../../../src/flow/geometry.js';
import { fittedSpace } from '../../support/fitted-space.js';
import { batchOf, couple, totalCost } from './batch.js';
import type { WeightSpace } from '../../../src/flow/weight-space.js';
import { ReferenceOps, tensor } from '../../../src/ops/reference-ops.js';
import { Random } from '../../../src/random.js';

const SHALLOW = architecture([3, 6, 2]);

/** All orders of 0 … n − 1. */
function permutations(n: number): readonly (readonly number[])[] {
  if (n === 0) return [[]];
  return permutations(n - 1).flatMap((shorter) =>
    Array.from({ length: n }, (_, at) => [...shorter.slice(0, at), n - 1, ...shorter.slice(at)]),
  );
}

describe.each(FLOW_GEOMETRIES)('couplings of the %s flow', async (geometry) => {
  const batches = await Promise.all([1, 2, 3, 4, 5].map((seed) => batchOf(geometry, { seed })));
  const [batch] = batches;

  it('ot: the same networks in the order of least total cost of all orders', () => {
    let moved = 0;
    for (const each of batches) {
      const paired = couple('ot', each);
      expect([...paired].sort()).toEqual([...each.x1].sort());
      const costs = permutations(each.x0.length).map((order) =>
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

  it('equivariant-ot: costs less than either of its parts', async () => {
    const many = await batchOf(geometry, { seed: 7, size: 16 });
    const cost = (kind: CouplingKind): number => totalCost(many, couple(kind, many));
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

it('equivariant undoes a permutation, exactly for one hidden layer', async () => {
  const { space, x0 } = await batchOf('euclidean', { architecture: SHALLOW });
  const shuffled = x0.map((weights, row) =>
    permuteNeurons(weights, SHALLOW, permutationSpec(SHALLOW), [new Random(row).permutation(6)]),
  );
  expect(createCoupling('equivariant', space)(x0, shuffled)).toEqual(x0);
});

it('ot of the Geometric flow goes by the length of the geodesics, not of the chords', async () => {
  const arch = architecture([2, 1, 2]);
  const networks = [initialise(arch, new Random(1))];
  const space = await fittedSpace(arch, networks, 'geometric');
  const flat = await fittedSpace(arch, networks, 'normalized');
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

it.each(FLOW_GEOMETRIES)(
  'squaredDistance is that of the path, %s (relative 1e-5)',
  async (geometry) => {
    const { space, x0, x1 } = await batchOf(geometry);
    const ops = new ReferenceOps();
    const [start, end] = [x0, x1].map((points) =>
      space.pack(points).map(({ data, shape }) => tensor(data, shape)),
    );
    const { path } = pointGeometry(geometry, space.layout.tensors);
    path.squaredDistance(ops, start!, end!).data.forEach((expected, row) => {
      expect(Math.abs(space.squaredDistance(x0[row]!, x1[row]!) / expected - 1)).toBeLessThan(1e-5);
    });
  },
);
