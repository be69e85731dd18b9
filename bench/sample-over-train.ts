import { performance } from 'node:perf_hooks';
import type { Architecture } from '../src/network/architecture.js';
import { architectureIn } from '../src/network/architecture.js';
import { WeightspringError } from '../src/errors.js';
import { mean } from '../src/evaluation/population-metrics.js';
import { readReference } from '../src/evaluation/read-reference.js';
import type { FlowSummary } from '../src/flows/flow-summary.js';
import { Sampler } from '../src/sampling/sampler.js';
import { completeSampling } from '../src/flows/sampling-options.js';
import { OrtEngine } from '../src/training/ort-engine.js';
import { trainBaseNetworks } from '../src/zoo/base-trainer.js';
import { evaluateNetworks } from '../src/zoo/evaluate-networks.js';
import { accuracy as accuracyOf, predictions } from '../src/zoo/metrics.js';
import { loadTask, partData, type PreparedTask } from '../src/zoo/prepared-task.js';
import { zooRecipe } from '../src/zoo/recipes.js';
import type { Figures } from './flatten.js';
import { medianTimesMs } from './statistics.js';

/** Sampling against training, for one task. */
export interface TaskFigures extends Figures {
  /** How many times faster one network comes from the flow than from training, each alone. */
  readonly alone: number;
  /** The same per network, many drawn at once against many trained side by side. */
  readonly together: number;
  readonly sampleMs: number;
  readonly sampleTogetherMs: number;
  readonly trainMs: number;
  readonly trainTogetherMs: number;
  /** Mean test accuracy of the samples: what training has to reach. */
  readonly accuracy: number;
  /** Updates until the mean of trained networks reaches it. */
  readonly updates: number;
  /** 1 where training got there within the recipe, else 0: then its whole length counts. */
  readonly isReached: number;
}

/** Networks that are drawn at once, and trained side by side. */
const NETWORKS = 64;
/** How often accuracy is measured in one pass over the data: the error of what training takes. */
const MEASURES_PER_EPOCH = 20;
const SEED = 1;

/**
 * How many times faster networks come from a flow than from the project's own trainer, stopped when
 * trained networks are as accurate on average as samples.
 *
 * @returns by task; a task whose data set is missing is left out, with a line on stderr
 */
export async function measureSampleOverTrain(
  modelsDir: string,
): Promise<Readonly<Record<string, TaskFigures>>> {
  const sampler = await Sampler.open({ modelsDir });
  try {
    const figures: Record<string, TaskFigures> = {};
    const seen = new Set<string>();
    for (const flow of sampler.flows()) {
      if (seen.has(flow.task)) continue;
      seen.add(flow.task);
      const task = await taskOf(modelsDir, flow);
      if (task !== null) figures[flow.task] = await measureTask(sampler, flow, task);
    }
    return figures;
  } finally {
    await sampler.close();
  }
}

async function taskOf(modelsDir: string, flow: FlowSummary): Promise<PreparedTask | null> {
  try {
    const { task, split } = await readReference(modelsDir, flow.name);
    return await loadTask(task, { split });
  } catch (error) {
    if (!(error instanceof WeightspringError) || error.code !== 'data-missing') throw error;
    process.stderr.write(`sampleOverTrain: ${flow.task} left out: ${error.message}\n`);
    return null;
  }
}

async function measureTask(
  sampler: Sampler,
  flow: FlowSummary,
  task: PreparedTask,
): Promise<TaskFigures> {
  const [trained] = flow.architectures;
  if (trained === undefined) {
    throw new WeightspringError('model-invalid', `flow ${flow.name} names no architecture`);
  }
  const arch = architectureIn(trained);
  const draw = (count: number) =>
    sampler.sampleWeights({
      flow: flow.name,
      architecture: arch,
      seed: SEED,
      firstIndex: 0,
      count,
      ...completeSampling(flow, {}),
    });
  const [sampleMs, batchMs] = await medianTimesMs([() => draw(1), () => draw(NETWORKS)], {
    rounds: 9,
  });
  const accuracy = meanAccuracy(
    arch,
    (await draw(NETWORKS)).map(({ weights }) => weights),
    task,
  );
  const together = await trainUntil(arch, task, NETWORKS, accuracy);
  const { updates } = together;
  const trainMs = (await trainUntil(arch, task, 1, Infinity)).msPerUpdate * updates;
  const trainTogetherMs = (together.msPerUpdate * updates) / NETWORKS;
  const sampleTogetherMs = batchMs / NETWORKS;
  return {
    alone: trainMs / sampleMs,
    together: trainTogetherMs / sampleTogetherMs,
    sampleMs,
    sampleTogetherMs,
    trainMs,
    trainTogetherMs,
    accuracy,
    updates,
    isReached: together.isReached ? 1 : 0,
  };
}

interface TrainingTime {
  /** Until the accuracy was reached, else all of the recipe's. */
  readonly updates: number;
  readonly isReached: boolean;
  /** Without what measuring took. */
  readonly msPerUpdate: number;
}

/** Trains networks side by side by the task's recipe until their mean accuracy reaches a goal. */
async function trainUntil(
  arch: Architecture,
  task: PreparedTask,
  runs: number,
  goal: number,
): Promise<TrainingTime> {
  const { training } = zooRecipe(task);
  const rows = task.split.train;
  const updatesPerEpoch = Math.floor(rows.length / training.batchSize);
  const everySteps = Math.max(1, Math.floor(updatesPerEpoch / MEASURES_PER_EPOCH));
  const stop = new AbortController();
  let trainingMs = 0;
  let updates = 0;
  let isReached = false;
  let resumed = performance.now();
  await trainBaseNetworks(
    arch,
    Array.from({ length: runs }, (_, run) => run),
    {
      features: task.features,
      labels: task.labels,
      rows,
      width: task.featureNames.length,
      classes: task.classNames.length,
    },
    { ...training, snapshots: { ignoreEpochs: 0, everySteps } },
    {
      engine: new OrtEngine(),
      seed: SEED,
      signal: stop.signal,
      onSnapshot: ({ step, weights }) => {
        trainingMs += performance.now() - resumed;
        updates = step;
        isReached = goal <= 1 && meanAccuracy(arch, weights, task) >= goal;
        if (isReached) stop.abort();
        resumed = performance.now();
      },
    },
  ).catch((error: unknown) => {
    if (!isReached) throw error;
  });
  return { updates, isReached, msPerUpdate: trainingMs / updates };
}

function meanAccuracy(
  arch: Architecture,
  networks: readonly Float32Array[],
  task: PreparedTask,
): number {
  const { features, labels } = partData(task, 'test');
  return mean(
    evaluateNetworks(arch, networks, features).map((logits) =>
      accuracyOf(predictions(logits, labels.length), labels),
    ),
  );
}
