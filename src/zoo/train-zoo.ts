import {
  architectureKey,
  depth,
  parameterCount,
  widthAt,
  type Architecture,
} from '../network/architecture.js';
import { ensure, WeightspringError } from '../errors.js';
import { createPace } from '../pace.js';
import { VERSION } from '../package-info.js';
import type { Engine } from '../training/engine.js';
import { trainBaseNetworks, type BaseTraining } from './base-trainer.js';
import type { DataDirOptions } from '../data/data-files.js';
import type { Task } from '../data/dataset.js';
import { evaluateInPieces } from './evaluate-networks.js';
import { loadTask, taskMetrics, type PreparedTask } from './prepared-task.js';
import type { SplitOptions } from '../data/split.js';
import { Zoo, type FinalRecord, type ZooArchitecture, type ZooNetwork } from './zoo.js';

/** What decides a zoo; recipes.ts has good choices for every task. */
export interface ZooOptions extends DataDirOptions {
  readonly task: Task;
  readonly architectures: readonly ZooArchitecture[];
  readonly training: BaseTraining;
  readonly split?: SplitOptions;
  /** Of the networks' starts and minibatches. Default 0. */
  readonly seed?: number;
}

/** How far the training of a zoo is. */
export interface ZooProgress {
  /** Updates of single networks, done and in all: of even cost within an architecture only. */
  readonly done: number;
  readonly total: number;
  /** Which networks are in training. */
  readonly architecture: Architecture;
}

export interface ZooTrainingOptions {
  readonly engine: Engine;
  readonly onProgress?: ((progress: ZooProgress) => void) | undefined;
  /** Checked before every update, and between blocks of rows while networks are measured. */
  readonly signal?: AbortSignal | undefined;
}

/** Bound on the numbers that one evaluation holds for all networks trained side by side. */
const FLOATS_AT_ONCE = 1 << 24;

/**
 * Trains a zoo: every run of every architecture, with snapshots along the way, and measures the
 * completely trained networks on all parts of the data set.
 *
 * @throws WeightspringError `data-missing` or `data-corrupt` for the data set; `invalid-argument`
 * naming the option at fault; `diverged`; `cancelled`
 */
export async function trainZoo(options: ZooOptions, training: ZooTrainingOptions): Promise<Zoo> {
  checkArchitectures(options.architectures);
  const task = await loadTask(options.task, options);
  return trainZooOn(task, options, training);
}

/** {@link trainZoo} on a data set at hand. */
export async function trainZooOn(
  task: PreparedTask,
  { architectures, training, seed = 0 }: Omit<ZooOptions, 'task' | 'split' | 'dataDir'>,
  { engine, onProgress, signal }: ZooTrainingOptions,
): Promise<Zoo> {
  checkArchitectures(architectures);
  architectures.forEach(({ architecture }) => {
    checkFit(architecture, task);
  });
  const networks: ZooNetwork[] = [];
  const finals: FinalRecord[] = [];
  const data = {
    features: task.features,
    labels: task.labels,
    rows: task.split.train,
    width: task.featureNames.length,
    classes: task.classNames.length,
  };
  const pace = createPace(signal);
  let doneNetworks = 0;
  const totalNetworks = architectures.reduce((sum, { runs }) => sum + runs, 0);
  for (const [index, { architecture, runs }] of architectures.entries()) {
    for (const together of groups(runs, networksAtOnce(architecture, training.batchSize))) {
      let trained: readonly Float32Array[] = [];
      await trainBaseNetworks(architecture, together, data, training, {
        engine,
        seed,
        signal,
        onStep: (step, totalSteps) => {
          onProgress?.({
            architecture,
            done: doneNetworks * totalSteps + together.length * step,
            total: totalNetworks * totalSteps,
          });
        },
        onSnapshot: ({ step, isFinal, weights }) => {
          together.forEach((run, m) => {
            networks.push({
              architecture: index,
              run,
              step,
              isFinal,
              weights: weights[m] as Float32Array,
            });
          });
          if (isFinal) trained = weights;
        },
      });
      for (const [m, run] of together.entries()) {
        const weights = trained[m] as Float32Array;
        const logits = await evaluateInPieces(architecture, weights, task.features, pace);
        finals.push({ architecture: index, run, ...taskMetrics(task, logits) });
      }
      doneNetworks += together.length;
    }
  }
  return new Zoo(
    {
      version: VERSION,
      task: task.task,
      data: {
        sha256: task.sha256,
        rows: task.labels.length,
        featureNames: task.featureNames,
        classNames: task.classNames,
      },
      split: task.splitOptions,
      standardisation: task.standardisation,
      architectures,
      training,
      seed,
      engine: engine.name,
      alignment: null,
    },
    networks,
    finals,
  );
}

/** How many networks train side by side within {@link FLOATS_AT_ONCE}. */
function networksAtOnce(arch: Architecture, batchSize: number): number {
  // Activations and their gradients, and per weight the gradient, two moments and the value.
  const activations = 3 * batchSize * arch.layers.reduce((sum, width) => sum + width, 0);
  return Math.max(1, Math.floor(FLOATS_AT_ONCE / (activations + 4 * parameterCount(arch))));
}

/** Run numbers 0 … runs − 1 in groups of nearly equal size, none above `most`. */
function groups(runs: number, most: number): readonly (readonly number[])[] {
  const count = Math.ceil(runs / most);
  return Array.from({ length: count }, (_, group) => {
    const start = Math.floor((group * runs) / count);
    const end = Math.floor(((group + 1) * runs) / count);
    return Array.from({ length: end - start }, (_, k) => start + k);
  });
}

function checkArchitectures(architectures: readonly ZooArchitecture[]): void {
  ensure(
    architectures.length > 0,
    'invalid-argument',
    () => 'a zoo needs at least one architecture, got none',
    'architectures',
  );
  const seen = new Set<string>();
  architectures.forEach(({ architecture, runs }, index) => {
    const field = `architectures[${index}]`;
    const key = architectureKey(architecture);
    ensure(
      Number.isSafeInteger(runs) && runs >= 1,
      'invalid-argument',
      () => `the runs of ${key} must be a positive integer, got ${runs}`,
      `${field}.runs`,
    );
    if (seen.has(key)) {
      throw new WeightspringError('invalid-argument', `${key} is listed twice: add up its runs`, {
        field,
      });
    }
    seen.add(key);
  });
}

function checkFit(arch: Architecture, { task, featureNames, classNames }: PreparedTask): void {
  const inputs = widthAt(arch, 0);
  const outputs = widthAt(arch, depth(arch));
  ensure(
    inputs === featureNames.length && outputs === classNames.length,
    'invalid-argument',
    () =>
      `networks for '${task}' have ${featureNames.length} inputs and ${classNames.length} outputs, ` +
      `got ${architectureKey(arch)}`,
    'architectures',
  );
}
