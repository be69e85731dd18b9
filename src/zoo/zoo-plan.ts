import { architectureKey, type Architecture } from '../network/architecture.js';
import { layerOf } from '../network/layers/registry.js';
import { networkOf } from '../network/network.js';
import { sizeOf } from '../ops/shape-rules.js';
import { ensure, WeightspringError } from '../errors.js';
import { VERSION } from '../package-info.js';
import { checkTraining, type BaseTraining } from './base-trainer.js';
import { epochSize } from './minibatches.js';
import type { PreparedTask } from './prepared-task.js';
import { snapshotSteps } from './snapshot-plan.js';
import type { ZooArchitecture, ZooHeader, ZooNetwork } from './zoo.js';

/** Runs of one architecture that train side by side. */
export interface TrainingGroup {
  /** Index into the header's architectures. */
  readonly architecture: number;
  readonly runs: readonly number[];
}

/** The work for a zoo, in the order of its networks. */
export interface ZooPlan {
  readonly header: ZooHeader;
  readonly groups: readonly TrainingGroup[];
  /** Updates after which weights are kept, ascending; the last number is that of all updates. */
  readonly snapshots: readonly number[];
}

/** Which network of a zoo, without its weights. */
export type NetworkPlace = Omit<ZooNetwork, 'weights'>;

export interface ZooChoices {
  readonly architectures: readonly ZooArchitecture[];
  readonly training: BaseTraining;
  /** Of the networks' starts and minibatches. Default 0. */
  readonly seed?: number;
}

/** Bound on the numbers in memory for networks that train side by side. */
const FLOATS_AT_ONCE = 1 << 24;
/** Most weights of one network: training it holds about ten times as many numbers. */
const MAX_PARAMETERS = 2 ** 26;

/**
 * Plans a zoo on a data set.
 *
 * @param engine - name of the engine that will compute
 * @throws WeightspringError `invalid-argument` naming the option at fault
 */
export function planZoo(
  task: PreparedTask,
  { architectures, training, seed = 0 }: ZooChoices,
  engine: string,
): ZooPlan {
  checkArchitectures(architectures);
  architectures.forEach(({ architecture }) => {
    checkFit(architecture, task);
  });
  checkTraining(training);
  const { epochs, batchSize, snapshots } = training;
  const { stepsPerEpoch } = epochSize(task.split.train.length, batchSize);
  return {
    header: {
      version: VERSION,
      task: task.task,
      data: {
        sha256: task.sha256,
        rows: task.labels.length,
        featureNames: task.featureNames,
        classNames: task.classNames,
        ...(task.isBuiltIn ? {} : { descriptor: task.descriptor }),
      },
      split: task.splitOptions,
      standardisation: task.standardisation,
      architectures,
      training,
      seed,
      engine,
      alignment: null,
    },
    groups: architectures.flatMap(({ architecture, runs, firstRun = 0 }, index) =>
      runGroups(runs, networksAtOnce(architecture, batchSize)).map((together) => ({
        architecture: index,
        runs: together.map((run) => firstRun + run),
      })),
    ),
    snapshots: snapshotSteps(snapshots, epochs, stepsPerEpoch),
  };
}

/** The networks of a zoo, in its order. */
export function placesOf({ groups, snapshots }: ZooPlan): readonly NetworkPlace[] {
  const total = snapshots.at(-1);
  return groups.flatMap(({ architecture, runs }) =>
    snapshots.flatMap((step) =>
      runs.map((run) => ({ architecture, run, step, isFinal: step === total })),
    ),
  );
}

/**
 * The first incomplete group, and the counts of the groups before it.
 *
 * @param networks - number of finished networks
 * @returns no group if nothing is missing
 */
export function firstMissing(
  { groups, snapshots }: ZooPlan,
  networks: number,
): { readonly group: TrainingGroup | undefined; readonly runsBefore: number } {
  let runsBefore = 0;
  const group = groups.find(({ runs }) => {
    if ((runsBefore + runs.length) * snapshots.length > networks) return true;
    runsBefore += runs.length;
    return false;
  });
  return { group, runsBefore };
}

/** @throws WeightspringError `invalid-argument` for an empty list, a duplicate, or no runs */
export function checkArchitectures(architectures: readonly ZooArchitecture[]): void {
  ensure(
    architectures.length > 0,
    'invalid-argument',
    () => 'a zoo needs at least one architecture, got none',
    'architectures',
  );
  const seen = new Set<string>();
  architectures.forEach(({ architecture, runs, firstRun = 0 }, index) => {
    const field = `architectures[${index}]`;
    const key = architectureKey(architecture);
    ensure(
      Number.isSafeInteger(runs) && runs >= 1,
      'invalid-argument',
      () => `the runs of ${key} must be a positive integer, got ${runs}`,
      `${field}.runs`,
    );
    ensure(
      Number.isSafeInteger(firstRun) && firstRun >= 0,
      'invalid-argument',
      () => `the first run of ${key} must be an integer from 0, got ${firstRun}`,
      `${field}.firstRun`,
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
  const { inputs, outputs, parameters } = networkOf(arch);
  ensure(
    parameters <= MAX_PARAMETERS,
    'invalid-argument',
    () =>
      `networks of a zoo have at most ${MAX_PARAMETERS} weights, got ${parameters} for ` +
      architectureKey(arch),
    'architectures',
  );
  ensure(
    inputs === featureNames.length && outputs === classNames.length,
    'invalid-argument',
    () =>
      `networks for '${task}' have ${featureNames.length} inputs and ${classNames.length} outputs, ` +
      `got ${architectureKey(arch)}`,
    'architectures',
  );
}

/** How many networks train side by side within {@link FLOATS_AT_ONCE}. */
function networksAtOnce(arch: Architecture, batchSize: number): number {
  const { graph, inputs, parameters } = networkOf(arch);
  // Activations and their gradients, and per weight the gradient, two moments and the value.
  const opened = graph.nodes.filter(({ layer }) => layerOf(layer).neurons === 'opens');
  const values = opened.reduce((sum, { shape }) => sum + sizeOf(shape as number[]), inputs);
  return Math.max(1, Math.floor(FLOATS_AT_ONCE / (3 * batchSize * values + 4 * parameters)));
}

/** Run numbers 0 … runs − 1 in groups of nearly equal size, none above `most`. */
function runGroups(runs: number, most: number): readonly (readonly number[])[] {
  const count = Math.ceil(runs / most);
  return Array.from({ length: count }, (_, group) => {
    const start = Math.floor((group * runs) / count);
    const end = Math.floor(((group + 1) * runs) / count);
    return Array.from({ length: end - start }, (_, k) => start + k);
  });
}
