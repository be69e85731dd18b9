import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { fitCoordinates } from '../../src/flow/fit-coordinates.js';
import { FLOW_GEOMETRIES } from '../../src/flow/geometry.js';
import { WeightSpace } from '../../src/flow/weight-space.js';
import { FLOW_FILES, openFlow } from '../../src/flows/flow-store.js';
import { keepRuns, runLimits } from '../../src/flows/kept-runs.js';
import { architecture } from '../../src/network/architecture.js';
import { initialise } from '../../src/network/initialise.js';
import { Random } from '../../src/random.js';
import { writeToyFlow, zooOf, type ToyFlow } from '../support/toy-flow.js';

const ARCH = architecture([2, 5, 2]);
const networks = Array.from({ length: 6 }, (_, run) => initialise(ARCH, new Random(9, run)));
const groups = [{ architecture: ARCH, networks }];

describe('keepRuns', () => {
  it.each(FLOW_GEOMETRIES)('measures a %s flow like any other of its zoo', async (geometry) => {
    const kept = await keepRuns(zooOf(groups), await fitCoordinates(groups, geometry));
    const [normalized] = (await keepRuns(zooOf(groups), await fitCoordinates(groups, 'normalized')))
      .architectures;
    expect(kept.architectures[0]).toEqual(normalized);
    expect(kept.coordinates.geometry).toBe('normalized');
  });

  it('compares weights as they are where neurons cannot be rescaled', async () => {
    const tanh = [{ architecture: architecture([2, 5, 2], 'tanh'), networks }];
    const { coordinates } = await keepRuns(zooOf(tanh), await fitCoordinates(tanh, 'euclidean'));
    expect(coordinates.geometry).toBe('euclidean');
  });

  it('keeps every final within the precision of float16, with its distance to another', async () => {
    const coordinates = await fitCoordinates(groups, 'geometric');
    const { architectures } = await keepRuns(zooOf(groups), coordinates);
    const { finals, leaveOneOut } = architectures[0]!;
    const space = new WeightSpace(ARCH, coordinates);
    expect(finals.map(({ run }) => run)).toEqual([0, 1, 2, 3, 4, 5]);
    finals.forEach(({ point }, run) => {
      space.standardise(networks[run]!).forEach((value, k) => {
        expect(Math.abs(point[k]! - value)).toBeLessThanOrEqual(2 ** -11 * Math.abs(value) + 1e-7);
      });
    });
    expect(leaveOneOut).toHaveLength(6);
    expect(Math.min(...leaveOneOut)).toBeGreaterThan(0);
  });

  it('leaves out a network without a canonical form', async () => {
    const zero = new Float32Array(networks[0]!.length);
    const zoo = zooOf([{ architecture: ARCH, networks: [...networks, zero] }]);
    const { architectures } = await keepRuns(zoo, await fitCoordinates(groups, 'geometric'));
    expect(architectures[0]!.finals.map(({ run }) => run)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe('runLimits', () => {
  it('keeps all runs where there is room', () => {
    expect(runLimits([{ runs: 7, bytes: 10 }], 70)).toEqual([7]);
  });

  it('keeps the first of each architecture where there is not', () => {
    const architectures = [
      { runs: 9, bytes: 10 },
      { runs: 3, bytes: 10 },
    ];
    expect(runLimits(architectures, 100)).toEqual([7, 3]);
  });

  it('leaves out the largest where not even two of each fit', () => {
    const architectures = [
      { runs: 9, bytes: 10 },
      { runs: 9, bytes: 50 },
    ];
    expect(runLimits(architectures, 100)).toEqual([2, 0]);
  });
});

describe('the file of a flow', () => {
  let flow: ToyFlow | undefined;
  afterEach(async () => {
    await flow?.remove();
  });

  it('gives the distances that were measured, and is there only where there are runs', async () => {
    flow = await writeToyFlow({ keepsRuns: true });
    const path = join(flow.folder, FLOW_FILES.novelty);
    expect((await stat(path)).size).toBeLessThan(2 ** 16);
    const { novelty } = await openFlow(flow.folder);
    const runs = novelty.runsOf(architecture([2, 8, 2]));
    if ('reason' in runs) throw new Error(runs.reason);
    expect(runs.trained.runs).toEqual([0, 1, 2]);
    // Two toy networks are initialised alike: as far apart as Xavier's numbers are.
    expect(runs.scale!.median).toBeGreaterThan(1);

    const without = await writeToyFlow();
    await expect(stat(join(without.folder, FLOW_FILES.novelty))).rejects.toThrow('ENOENT');
    expect((await openFlow(without.folder)).novelty.runsOf(ARCH)).toEqual({
      reason: "this flow was stored without its zoo's networks",
    });
    await without.remove();
  });

  it.each([
    ['damaged', (bytes: Buffer) => bytes.fill(1, 300, 301), 'not the file that config.json names'],
    ['cut off', (bytes: Buffer) => bytes.subarray(0, 200), 'not the file that config.json names'],
  ])('is refused where it is %s', async (_, damage, message) => {
    flow = await writeToyFlow({ keepsRuns: true });
    const path = join(flow.folder, FLOW_FILES.novelty);
    await writeFile(path, damage(await readFile(path)));
    await expect(openFlow(flow.folder)).rejects.toThrow(message);
    await rm(path);
    await expect(openFlow(flow.folder)).rejects.toMatchObject({ code: 'not-found' });
  });
});
