import { join } from 'node:path';
import {
  averagedAccuracy,
  averagingCurve,
  type AveragingPoint,
} from '../../evaluation/averaging.js';
import { measureNetworks, type MeasuredNetwork } from '../../evaluation/measure-network.js';
import { measureOnTestPart } from '../../evaluation/measure-test-part.js';
import { largestErrorIoU } from '../../evaluation/novelty.js';
import { mean, populationMetrics, type Spread } from '../../evaluation/population-metrics.js';
import { zooErrorSets, type FlowReference } from '../../evaluation/reference.js';
import type { RunDistances } from '../../evaluation/scrutiny/run-distances.js';
import { runsOfZoo } from '../../evaluation/zoo-runs.js';
import { readFlow } from '../../flows/flow-store.js';
import { quantile } from '../../novelty/novelty-scale.js';
import { createPace, type Pace } from '../../pace.js';
import type { Sampler } from '../../sampling/sampler.js';
import { meanPairwiseDivergence, probabilities } from '../../zoo/metrics.js';
import type { PartData, PreparedTask } from '../../zoo/prepared-task.js';
import type { Zoo } from '../../zoo/zoo.js';
import type { ExperimentRun } from '../experiment-run.js';
import { drawSamples } from '../thesis/draw-samples.js';
import { FLOWS_FOLDER } from '../thesis/train-variants.js';
import { headlineSteps, type StepFigures } from '../thesis/variant-result.js';
import type { Variant } from '../thesis/variants.js';
import type { MnistBudget } from './budget.js';
import { FEW_STEPS, MNIST_ARCHITECTURE, TIME_GRID, WIDE_ARCHITECTURE } from './mnist-recipe.js';

/** What networks of a population do together, on the test part. */
export interface TogetherFigures {
  /** Accuracy of averages of 1, 2, 4, … and all networks' probabilities. */
  readonly averages: readonly AveragingPoint[];
  /** Mean over pairs of the Jensen–Shannon divergence of their probabilities, in nats. */
  readonly divergence: number;
}

/** Samples of one flow in one number of Euler steps, on the test part. */
export interface MnistSamples extends StepFigures {
  /** Null where only accuracy was measured. */
  readonly detail: SampleDetail | null;
}

export interface SampleDetail extends TogetherFigures {
  /** Mean largest error overlap with a final network of the zoo, on the whole data set. */
  readonly maxErrorIoU: number;
  /** Median distance to the nearest run over the runs' own; null where there is no distance. */
  readonly noveltyRatio: number | null;
}

/** Samples of a width that the zoo has not, in one number of Euler steps. */
export interface WideSamples {
  readonly steps: number;
  readonly accuracy: Spread;
  readonly averagedAccuracy: number;
}

export interface MnistContext {
  readonly sampler: Sampler;
  readonly zoo: Zoo;
  readonly reference: FlowReference;
  readonly task: PreparedTask;
  readonly test: PartData;
  readonly budget: MnistBudget;
  /** Of the noise. */
  readonly seed: number;
}

/**
 * Measures a flow at every number of steps, from the same noise: at most of them on the test part
 * only, since error sets take a pass over the whole data set.
 */
export function measureMnist(
  run: ExperimentRun,
  { name }: Variant,
  context: MnistContext,
): Promise<readonly MnistSamples[]> {
  const { task, test, budget } = context;
  const detailed = headlineSteps(budget.steps, FEW_STEPS);
  const pace = createPace(run.signal);
  let distances: Promise<RunDistances | null> | undefined;
  return run.each(`samples/${name}`, budget.steps.length, async (index) => {
    const steps = budget.steps[index] as number;
    const networks = await draw(run, context, {
      flow: name,
      architecture: MNIST_ARCHITECTURE,
      steps,
    });
    const stage = run.watcher(`measure ${name}`);
    if (!detailed.includes(steps)) {
      const measured = await measureOnTestPart(MNIST_ARCHITECTURE, networks, test, stage);
      return { ...stepFigures(steps, measured, test), detail: null };
    }
    const measured = await measureNetworks(MNIST_ARCHITECTURE, networks, task, stage);
    distances ??= runDistances(run, name, context);
    const detail = {
      ...(await together(measured, test, pace)),
      maxErrorIoU: meanErrorIoU(measured, context.reference),
      noveltyRatio: noveltyRatio(networks, await distances),
    };
    return { ...stepFigures(steps, measured, test), detail };
  });
}

/** Measures what a flow over 784-10-10 makes of three times as many neurons. */
export function measureWide(
  run: ExperimentRun,
  { name }: Variant,
  context: MnistContext,
): Promise<readonly WideSamples[]> {
  const { test, budget } = context;
  const cells = headlineSteps(budget.steps, FEW_STEPS);
  return run.each(`wide/${name}`, cells.length, async (index) => {
    const steps = cells[index] as number;
    const networks = await draw(run, context, {
      flow: name,
      architecture: WIDE_ARCHITECTURE,
      steps,
    });
    const stage = run.watcher(`measure ${name}, wide`);
    const measured = await measureOnTestPart(WIDE_ARCHITECTURE, networks, test, stage);
    const { accuracy, averagedAccuracy: averaged } = stepFigures(steps, measured, test);
    return { steps, accuracy, averagedAccuracy: averaged };
  });
}

/** Averages and diversity of networks that have been measured. */
export async function together(
  measured: readonly Pick<MeasuredNetwork, 'testLogits'>[],
  { labels }: PartData,
  pace: Pace,
): Promise<TogetherFigures> {
  const probs = measured.map(({ testLogits }) => probabilities(testLogits, labels.length));
  return {
    averages: await averagingCurve(probs, labels, pace),
    divergence: await meanPairwiseDivergence(probs, labels.length, pace),
  };
}

function draw(
  run: ExperimentRun,
  { sampler, budget, seed }: MnistContext,
  cell: Pick<Parameters<typeof drawSamples>[2], 'flow' | 'architecture' | 'steps'>,
): Promise<readonly Float32Array[]> {
  const sampling = { count: budget.samples, solver: 'euler', timeGrid: TIME_GRID, seed } as const;
  return drawSamples(run, sampler, { ...cell, ...sampling });
}

function stepFigures(
  steps: number,
  measured: readonly Omit<MeasuredNetwork, 'errors'>[],
  { labels }: PartData,
): StepFigures {
  const probs = measured.map(({ testLogits }) => probabilities(testLogits, labels.length));
  return {
    solver: 'euler',
    steps,
    ...populationMetrics(measured.map(({ test }) => test)),
    averagedAccuracy: averagedAccuracy(probs, labels),
  };
}

function meanErrorIoU(measured: readonly MeasuredNetwork[], reference: FlowReference): number {
  const known = zooErrorSets(reference);
  return mean(measured.map(({ errors }) => largestErrorIoU(errors, known)));
}

/** Distances to the runs of the zoo, in the coordinates of a flow. */
async function runDistances(
  run: ExperimentRun,
  flow: string,
  { zoo }: MnistContext,
): Promise<RunDistances | null> {
  const { coordinates } = await readFlow(join(run.path(FLOWS_FOLDER), flow));
  const runs = await runsOfZoo(zoo, coordinates)(MNIST_ARCHITECTURE, run.signal);
  return 'missing' in runs ? null : runs.distances;
}

function noveltyRatio(
  networks: readonly Float32Array[],
  distances: RunDistances | null,
): number | null {
  const scale = distances?.scale;
  const nearest = networks.flatMap((weights) => distances?.nearest(weights) ?? []);
  return !scale || nearest.length === 0 ? null : quantile(nearest, 0.5) / scale.median;
}
