import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { holdOutRuns } from '../../src/zoo/held-out-runs.js';
import { Zoo, type ZooHeader, type ZooNetwork } from '../../src/zoo/zoo.js';

const ARCHITECTURES = [architecture([2, 3, 2]), architecture([2, 4, 2])];
const SNAPSHOTS = 3;

/** Every weight of a network is the number of its run. */
function zooWith(...counts: readonly number[]): Zoo {
  const architectures = counts.map((runs, index) => ({
    architecture: ARCHITECTURES[index]!,
    runs,
  }));
  const networks = counts.flatMap((count, index) =>
    Array.from({ length: count * SNAPSHOTS }, (_, at): ZooNetwork => {
      const run = Math.floor(at / SNAPSHOTS);
      const isFinal = at % SNAPSHOTS === SNAPSHOTS - 1;
      return { architecture: index, run, step: at, isFinal, weights: Float32Array.of(run) };
    }),
  );
  return new Zoo({ architectures } as unknown as ZooHeader, networks, []);
}

const runsIn = (networks: readonly Float32Array[] = []): readonly number[] =>
  networks.map(([run]) => run!);

describe('holdOutRuns', () => {
  it('keeps all snapshots of a run on one side', () => {
    const { training, heldOut, runs } = holdOutRuns(zooWith(10, 6), 0.3, 1);
    expect(runs.map(({ architecture: key }) => key)).toEqual(['2-3-2/relu', '2-4-2/relu']);
    expect(runs.map((each) => each.runs.length)).toEqual([3, 2]);
    for (const [index, { runs: held }] of runs.entries()) {
      expect(held).toEqual([...held].sort((a, b) => a - b));
      const apart = runsIn(heldOut[index]?.networks);
      expect(apart).toEqual(held.flatMap((run) => Array<number>(SNAPSHOTS).fill(run)));
      const own = runsIn(training[index]?.networks);
      expect(new Set([...own, ...apart]).size).toBe([10, 6][index]);
      expect(own).toHaveLength(([10, 6][index]! - held.length) * SNAPSHOTS);
    }
  });

  it('leaves architectures whole of which fewer than two runs would remain', () => {
    const { training, heldOut, runs } = holdOutRuns(zooWith(8, 3), 0.5, 1);
    expect(runs).toHaveLength(1);
    expect(heldOut.map(({ architecture: arch }) => arch)).toEqual([ARCHITECTURES[0]]);
    expect(training.map(({ networks }) => networks.length)).toEqual([4 * SNAPSHOTS, 3 * SNAPSHOTS]);
  });

  it('holds out nothing at 0, and other runs with another seed', () => {
    const zoo = zooWith(40);
    const none = holdOutRuns(zoo, 0, 1);
    expect(none).toMatchObject({ heldOut: [], runs: [] });
    expect(none.training[0]?.networks).toEqual(zoo.networksOf(0).map(({ weights }) => weights));
    expect(holdOutRuns(zoo, 0.25, 1).runs).toEqual(holdOutRuns(zoo, 0.25, 1).runs);
    expect(holdOutRuns(zoo, 0.25, 1).runs).not.toEqual(holdOutRuns(zoo, 0.25, 2).runs);
  });
});
