import { describe, expect, it } from 'vitest';
import { canonicalForm } from '../../src/alignment/canonical-form.js';
import { fitCoordinates } from '../../src/flow/fit-coordinates.js';
import { WeightSpace } from '../../src/flow/weight-space.js';
import { architecture, type Architecture } from '../../src/network/architecture.js';
import { initialise } from '../../src/network/initialise.js';
import { networkOf } from '../../src/network/network.js';
import { permutationSpec } from '../../src/network/permutation-spec.js';
import { permuteNeurons } from '../../src/network/permute.js';
import { distanceCoordinates } from '../../src/novelty/distance-coordinates.js';
import { TrainedRuns, type RunPoint } from '../../src/novelty/trained-runs.js';
import { Random } from '../../src/random.js';
import { rescaled } from '../alignment/rescale.js';
import { thrownBy } from '../support/error-code.js';
import { bruteForceDistance, distance } from './brute-force.js';

const SHALLOW = architecture([3, 4, 2]);
const DEEP = architecture([3, 3, 3, 2]);

const network = (arch: Architecture, ...seed: number[]): Float32Array => {
  const random = new Random(1, 'network', ...seed);
  const weights = initialise(arch, random);
  return weights.map((weight) => weight + 0.1 * (random.normals(1)[0] as number));
};

/** Networks of an architecture in coordinates that were fitted to them. */
async function population(arch: Architecture, runs: number) {
  const networks = Array.from({ length: runs }, (_, run) => network(arch, run));
  const groups = [{ architecture: arch, networks }];
  const euclidean = await fitCoordinates(groups, 'euclidean');
  const space = new WeightSpace(arch, await distanceCoordinates(euclidean, groups));
  const members = networks.map((weights, run) => ({ run, point: space.standardise(weights) }));
  return { networks, space, members, trained: new TrainedRuns(space, members) };
}

function shuffled(weights: Float32Array, arch: Architecture, seed: number): Float32Array {
  const spec = permutationSpec(arch);
  const random = new Random(seed, 'shuffle');
  const permutations = spec.groups.map(({ size }) => Int32Array.from(random.permutation(size)));
  return permuteNeurons(weights, arch, spec, permutations);
}

type Population = Awaited<ReturnType<typeof population>>;
/** Twelve runs of each. */
const known = new Map(
  await Promise.all(
    [SHALLOW, DEEP].map(async (arch) => [arch, await population(arch, 12)] as const),
  ),
);
const crowd = await population(SHALLOW, 40);

describe.each([
  ['one hidden layer', SHALLOW],
  ['two hidden layers', DEEP],
])('quotient distance with %s', (_, arch) => {
  const { networks, space, members, trained } = known.get(arch) as Population;

  it('is 0 to a network with its neurons permuted and rescaled', () => {
    const random = new Random(4);
    const factor = (): number => 0.5 + random.uniform();
    const twin = rescaled(shuffled(networks[5] as Float32Array, arch, 3), arch, factor);
    const found = trained.nearest(space.standardise(twin));
    expect(found?.run).toBe(5);
    expect(found?.distance).toBeLessThan(1e-5);
  });

  it('does not depend on the order of neurons', () => {
    const fresh = network(arch, 99);
    const [a, b] = [fresh, shuffled(fresh, arch, 8)].map((weights) =>
      trained.nearest(space.standardise(weights)),
    );
    expect(b?.run).toBe(a?.run);
    expect(b?.distance).toBeCloseTo(a?.distance as number, 5);
  });

  it('is that of the best permutation', () => {
    let matches = 0;
    for (let seed = 0; seed < 8; seed++) {
      const point = space.standardise(network(arch, 100 + seed));
      const distances = trained.distances(point);
      members.forEach(({ point: other }, run) => {
        const best = bruteForceDistance(space, point, other);
        const found = distances[run] as number;
        expect(found).toBeGreaterThan(best - 1e-5);
        expect(found).toBeLessThan(1.2 * best);
        if (found < best + 1e-5) matches++;
      });
    }
    // Weight matching finds a local optimum.
    expect(matches / (8 * members.length)).toBeGreaterThanOrEqual(arch === SHALLOW ? 1 : 0.7);
  });
});

describe('nearest run', () => {
  const { networks, space, members, trained } = crowd;

  it('is the nearest of all, whatever the bounds leave out', () => {
    for (let seed = 0; seed < 50; seed++) {
      const point = space.standardise(network(SHALLOW, 200 + seed));
      const distances = trained.distances(point);
      const least = Math.min(...distances);
      expect(trained.nearest(point)).toEqual({
        run: distances.indexOf(least),
        distance: least,
        isProven: true,
      });
    }
  });

  it('is the nearest other one where a run is left out', () => {
    const point = space.standardise(networks[7] as Float32Array);
    const distances = [...trained.distances(point)];
    expect(distances[7]).toBeLessThan(1e-5);
    distances[7] = Infinity;
    const found = trained.nearest(point, 7);
    expect(found?.distance).toBe(Math.min(...distances));
    expect(found?.run).toBe(distances.indexOf(Math.min(...distances)));
  });

  it('is none where no run is left', () => {
    const [only] = members as [RunPoint];
    expect(new TrainedRuns(space, [only]).nearest(only.point, only.run)).toBeNull();
  });

  it('counts the nearest snapshot of a run', () => {
    const snapshots = members.map(({ point }, index) => ({ run: index % 4, point }));
    const runs = new TrainedRuns(space, snapshots);
    const point = space.standardise(network(SHALLOW, 300));
    const each = trained.distances(point);
    expect(runs.runs).toEqual([0, 1, 2, 3]);
    expect([...runs.distances(point)]).toEqual(
      [0, 1, 2, 3].map((run) => Math.min(...each.filter((__, index) => index % 4 === run))),
    );
    expect(runs.nearest(point)?.distance).toBe(Math.min(...each));
  });

  it('says so where not all runs were matched', async () => {
    const deep = await population(DEEP, 40);
    const found = Array.from({ length: 20 }, (_, seed) =>
      deep.trained.nearest(deep.space.standardise(network(DEEP, 400 + seed))),
    );
    for (const [seed, nearest] of found.entries()) {
      const point = deep.space.standardise(network(DEEP, 400 + seed));
      const least = Math.min(...deep.trained.distances(point));
      if (nearest?.isProven === true) expect(nearest.distance).toBe(least);
      else expect(nearest?.distance).toBeGreaterThanOrEqual(least);
    }
  });

  it('refuses points of another size', () => {
    expect(thrownBy(() => trained.nearest(new Float32Array(3)))).toMatchObject({
      code: 'shape-mismatch',
    });
  });
});

describe('distances without a permutation to find', () => {
  it('compare biases of classes and the log scale as they are', async () => {
    const { networks, space, members } = await population(SHALLOW, 3);
    const moved = (members[0] as RunPoint).point.slice();
    const { parameters } = networkOf(SHALLOW);
    moved[parameters - 1] = (moved[parameters - 1] as number) + 3;
    moved[parameters] = (moved[parameters] as number) + 4;
    const trained = new TrainedRuns(space, members.slice(0, 1));
    expect(trained.nearest(moved)?.distance).toBeCloseTo(5, 5);
    expect(space.dimension).toBe(parameters + 1);
    expect(canonicalForm(networks[0] as Float32Array, SHALLOW).weights).toHaveLength(parameters);
  });

  it('are plain ones for networks without hidden layers', async () => {
    const { space, members, trained } = await population(architecture([3, 2]), 2);
    const [a, b] = members.map(({ point }) => point) as [Float32Array, Float32Array];
    expect(trained.nearest(a, 0)?.distance).toBeCloseTo(distance(a, b), 6);
    expect(space.dimension).toBe(9);
  });
});
