import { fitCoordinates } from '../src/flow/fit-coordinates.js';
import type { InputMetric } from '../src/flow/input-metric.js';
import { reducePopulation } from '../src/flow/reduced-data.js';
import { WeightSpace } from '../src/flow/weight-space.js';
import { stepModel } from '../src/flows/flow-graphs.js';
import { architecture } from '../src/network/architecture.js';
import { initialise } from '../src/network/initialise.js';
import { TrainedRuns } from '../src/novelty/trained-runs.js';
import { Random } from '../src/random.js';
import { randomMetric } from './random-metric.js';
import { integration, openSession } from './runs.js';
import { medianTimesMs, processorMs } from './statistics.js';
import { BATCH, FLOW, subjectFamily, subjectParameters } from './subject.js';

export interface NoveltyFigures {
  /** The distance of a 784-10-10 to the nearest of 60 runs. */
  readonly networkMs: number;
  /** Of a 784-32-32-10. */
  readonly deepNetworkMs: number;
  /** The distances of 64 networks 784-10-10 over drawing them in four steps. */
  readonly overSampling: number;
}

const FEATURES = 784;
const RANK = 128;
const RUNS = 60;
const STEPS = 4;
const ROUNDS = 5;

/**
 * Measures what novelty certificates cost, in processor time: coordinates in an input metric of 128
 * directions, and the search for the nearest run. All networks are random.
 */
export async function measureNovelty(): Promise<NoveltyFigures> {
  const metric = randomMetric(FEATURES, RANK);
  const { byName } = subjectParameters();
  const session = await openSession(stepModel(FLOW, 'euler', byName, subjectFamily()));
  try {
    const [batchMs, deepMs, drawMs] = await medianTimesMs(
      [
        await searches([FEATURES, 10, 10], metric),
        await searches([FEATURES, 32, 32, 10], metric),
        integration(session, BATCH, STEPS),
      ],
      { rounds: ROUNDS, measure: processorMs },
    );
    return {
      networkMs: batchMs / BATCH,
      deepNetworkMs: deepMs / BATCH,
      overSampling: batchMs / drawMs,
    };
  } finally {
    await session.release();
  }
}

/** Measures 64 networks. */
async function searches(
  widths: readonly number[],
  inputMetric: InputMetric,
): Promise<() => Promise<void>> {
  const arch = architecture(widths);
  const networks = (count: number, stream: string): Float32Array[] =>
    Array.from({ length: count }, (_, k) => initialise(arch, new Random(1, stream, k)));
  const groups = [{ architecture: arch, networks: networks(RUNS, 'runs') }];
  const space = new WeightSpace(arch, {
    ...(await fitCoordinates(await reducePopulation(groups, inputMetric), 'geometric')),
    inputMetric,
  });
  const runs = new TrainedRuns(
    space,
    networks(RUNS, 'runs').map((weights, run) => ({ run, point: space.standardise(weights) })),
  );
  const drawn = networks(BATCH, 'drawn');
  return () => {
    for (const weights of drawn) runs.nearest(space.standardise(weights));
    return Promise.resolve();
  };
}
