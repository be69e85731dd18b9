import { availableParallelism } from 'node:os';
import type { InferenceSession } from 'onnxruntime-node';
import { MemoryPlan } from '../src/onnx/memory-plan.js';
import { evaluationThreads } from '../src/sampling/evaluation-threads.js';
import { stepModel, type FlowDefinition } from '../src/flows/flow-graphs.js';
import { MAX_PLANNED_BYTES } from '../src/sampling/tiles.js';
import { bareRuns, openSession } from './runs.js';
import { medianTimesMs, processorMs } from './statistics.js';
import { FLOW, subjectParameters, VELOCITY, subjectSizes, subjectFamily } from './subject.js';

export interface ThreadFigures {
  /** How many times faster all cores are than one thread: means over evaluations. */
  readonly smallSpeedUp: number;
  readonly largeSpeedUp: number;
  /** Processor time of all cores over that of one thread. */
  readonly smallProcessorRatio: number;
  readonly largeProcessorRatio: number;
}

const ARCHITECTURES = [[10], [16, 16], [64, 64]] as const;
const BATCHES = [1, 2, 4, 8, 16, 32, 64] as const;

interface Ratios {
  readonly isSmall: boolean;
  readonly speedUp: number;
  readonly processorRatio: number;
}

/**
 * Measures what all cores bring over one thread, apart for evaluations that the sampler gives one
 * thread ("small") and for those that it gives all.
 */
export async function measureThreads(): Promise<ThreadFigures> {
  const ratios: Ratios[] = [];
  for (const hidden of ARCHITECTURES) ratios.push(...(await ratiosOf(hidden)));
  const geometricMean = (isSmall: boolean, of: (ratios: Ratios) => number): number => {
    const logs = ratios.filter((own) => own.isSmall === isSmall).map((own) => Math.log(of(own)));
    return Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
  };
  return {
    smallSpeedUp: geometricMean(true, ({ speedUp }) => speedUp),
    largeSpeedUp: geometricMean(false, ({ speedUp }) => speedUp),
    smallProcessorRatio: geometricMean(true, ({ processorRatio }) => processorRatio),
    largeProcessorRatio: geometricMean(false, ({ processorRatio }) => processorRatio),
  };
}

async function ratiosOf(hidden: readonly number[]): Promise<readonly Ratios[]> {
  const flow: FlowDefinition = { ...FLOW, velocity: { ...VELOCITY, maxHiddenLayers: 2 } };
  const model = stepModel(flow, 'euler', subjectParameters(flow).byName, subjectFamily(hidden));
  const each = new MemoryPlan(model).peakBytes(subjectSizes(hidden, 1));
  const cores = availableParallelism();
  const one = await openSession(model, { threads: 1 });
  const all = await openSession(model, { threads: cores });
  try {
    const ratios: Ratios[] = [];
    for (const batch of BATCHES.filter((own) => own * each <= MAX_PLANNED_BYTES)) {
      const isSmall = evaluationThreads(batch * each, cores) === 1;
      ratios.push({ isSmall, ...(await compare(one, all, { batch, hidden })) });
    }
    return ratios;
  } finally {
    await one.release();
    await all.release();
  }
}

async function compare(
  one: InferenceSession,
  all: InferenceSession,
  evaluation: { readonly batch: number; readonly hidden: readonly number[] },
): Promise<Omit<Ratios, 'isSmall'>> {
  const runs = Math.ceil(32 / evaluation.batch);
  const pair = [
    bareRuns(one, { ...evaluation, runs }),
    bareRuns(all, { ...evaluation, runs }),
  ] as const;
  const [oneMs, allMs] = await medianTimesMs(pair, { rounds: 7 });
  const [oneWork, allWork] = await medianTimesMs(pair, { rounds: 7, measure: processorMs });
  return { speedUp: oneMs / allMs, processorRatio: allWork / oneWork };
}
