import { ensure } from '../errors.js';
import type { Coordinates } from '../flow/coordinates.js';
import { WeightSpace } from '../flow/weight-space.js';
import type { InputMetric } from '../flow/input-metric.js';
import type { FlowConfig } from '../flows/flow-config.js';
import type { KeptRuns } from '../flows/kept-networks.js';
import { architectureIn, architectureKey, type Architecture } from '../network/architecture.js';
import { distanceCoordinates } from '../novelty/distance-coordinates.js';
import { createPace } from '../pace.js';
import type { PreparedTask } from '../zoo/prepared-task.js';
import { readZoo } from '../zoo/zoo-file.js';
import type { Zoo } from '../zoo/zoo.js';
import { checkSameData } from './check-same-data.js';
import { RunDistances } from './scrutiny/run-distances.js';
import type { TrainedNetworks } from './scrutiny/yardstick.js';
import type { ZooRecord } from './zoo-record.js';

/** Why there is nothing. */
export interface Missing {
  readonly missing: string;
}

/** The trained networks of one architecture of a flow's zoo, and distances to them. */
export interface ZooRuns {
  readonly trained: TrainedNetworks;
  readonly distances: RunDistances;
}

const NO_NETWORKS =
  "the flow's folder keeps no trained networks; --zoo names the zoo that it was trained on";

/** Tells the runs of an architecture, or why there are none; stopped by a signal: `cancelled`. */
export type ZooRunsOf = (
  architecture: Architecture,
  signal?: AbortSignal,
) => Promise<ZooRuns | Missing>;

/**
 * Reads the zoo that a flow was trained on.
 *
 * @param record - what the flow says of its zoo
 * @throws WeightspringError as `readZoo`; `data-corrupt` or `invalid-argument` for another zoo
 */
export async function readZooOf(
  path: string,
  record: ZooRecord | null,
  task: PreparedTask,
): Promise<Zoo> {
  const zoo = await readZoo(path);
  const { header } = zoo;
  checkSameData({ sha256: header.data.sha256, split: header.split }, task);
  ensure(
    record === null || record.seed === header.seed,
    'invalid-argument',
    () =>
      `--zoo: expected the zoo that the flow was trained on, of seed ${String(record?.seed)}, got ` +
      `one of seed ${header.seed}`,
    '--zoo',
  );
  return zoo;
}

/**
 * The runs in a zoo file.
 *
 * @param coordinates - of the flow, in which distances are measured
 */
export function runsOfZoo(zoo: Zoo, coordinates: Coordinates): ZooRunsOf {
  let fitted: Promise<Coordinates> | undefined;
  const measured = (): Promise<Coordinates> =>
    (fitted ??= distanceCoordinates(
      coordinates,
      zoo.architectures.map((architecture, index) => ({
        architecture,
        networks: zoo.networksOf(index).map(({ weights }) => weights),
      })),
    ));
  return async (architecture, signal) => {
    const finals = zoo.finalNetworksOf(zoo.indexOf(architecture));
    if (finals.length === 0) {
      return { missing: `the zoo has no run of ${architectureKey(architecture)}` };
    }
    const space = new WeightSpace(architecture, await measured());
    const points = finals.map(({ run, weights }) => ({ run, point: space.standardise(weights) }));
    return {
      trained: { source: 'zoo-file', networks: finals.map(({ weights }) => weights) },
      distances: await RunDistances.of(space, points, createPace(signal)),
    };
  };
}

/**
 * The runs that a flow's folder keeps, rounded to float16 and without what the flow's input metric
 * leaves out.
 *
 * @param kept - null for a flow that was stored without its zoo's networks
 */
export function runsOfFlow(
  { architectures }: Pick<FlowConfig, 'architectures'>,
  kept: KeptRuns | null,
  inputMetric: InputMetric | undefined,
): ZooRunsOf {
  return async (architecture, signal) => {
    if (kept === null) return { missing: NO_NETWORKS };
    const key = architectureKey(architecture);
    const index = architectures.findIndex(
      (record) => architectureKey(architectureIn(record)) === key,
    );
    const { finals = [] } = kept.architectures[index] ?? {};
    if (finals.length === 0) {
      return { missing: `the flow's folder keeps no run of ${key}; --zoo may have some` };
    }
    const space = new WeightSpace(architecture, { ...kept.coordinates, inputMetric });
    return {
      trained: {
        source: 'flow',
        networks: space.decode(space.pack(finals.map(({ point }) => point))),
      },
      distances: await RunDistances.of(space, finals, createPace(signal)),
    };
  };
}
