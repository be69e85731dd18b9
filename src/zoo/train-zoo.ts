import type { Architecture } from '../network/architecture.js';
import { createPace } from '../pace.js';
import type { Engine } from '../training/engine.js';
import { trainBaseNetworks, type BaseTrainerState } from './base-trainer.js';
import type { DataDirOptions } from '../data/data-files.js';
import type { DataSource } from '../data/load-file.js';
import { evaluateInPieces } from './evaluate-networks.js';
import type { TrainingRows } from './minibatches.js';
import { loadTask, taskMetrics, trainingRows, type PreparedTask } from './prepared-task.js';
import type { SplitOptions } from '../data/split.js';
import { Zoo, type FinalRecord, type ZooNetwork } from './zoo.js';
import {
  checkArchitectures,
  firstMissing,
  planZoo,
  type TrainingGroup,
  type ZooChoices,
  type ZooPlan,
} from './zoo-plan.js';

/** What determines a zoo; recipes.ts has good choices for every task. */
export interface ZooOptions extends ZooChoices, DataDirOptions {
  /** Name of a built-in data set, or the files of another. */
  readonly task: string | DataSource;
  readonly split?: SplitOptions;
}

/** Progress of the training of a zoo. */
export interface ZooProgress {
  /** Updates of single networks, done and in total: of equal cost only within an architecture. */
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

/** The finished part of a zoo. */
export interface ZooState {
  /** In the order of the plan; whole snapshots, of all networks that train side by side. */
  readonly networks: readonly ZooNetwork[];
  /** In the order of the plan. */
  readonly finals: readonly FinalRecord[];
  /** The training in progress; null before and after that of a group. */
  readonly trainer: BaseTrainerState | null;
}

/** Where unfinished zoos are kept. */
export interface ZooKeeper {
  /** What has been trained already. */
  readonly start: ZooState;
  /** Whether it is time to save. */
  isDue(): boolean;
  save(state: ZooState): Promise<void>;
}

/** Options of a training that can be stopped and continued. */
export interface ZooContinuation {
  /** Saves from time to time, and when the signal aborts. Default: nothing is saved. */
  readonly keeper?: ZooKeeper | undefined;
  /** Called first if a run is continued. */
  readonly onContinue?: ((progress: ZooProgress) => void) | undefined;
}

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

/** {@link trainZoo} on a loaded data set. */
export async function trainZooOn(
  task: PreparedTask,
  choices: ZooChoices,
  training: ZooTrainingOptions,
): Promise<Zoo> {
  return trainPlannedZoo(task, planZoo(task, choices, training.engine.name), training);
}

/**
 * Trains what is planned, or the missing part of it.
 *
 * @throws WeightspringError `diverged`, `cancelled`, and what the keeper throws
 */
export async function trainPlannedZoo(
  task: PreparedTask,
  plan: ZooPlan,
  training: ZooTrainingOptions,
  { keeper, onContinue }: ZooContinuation = {},
): Promise<Zoo> {
  const work = new ZooWork(task, plan, training, keeper);
  const start = work.start();
  if (start !== null) onContinue?.(start);
  for (const group of plan.groups) await work.complete(group);
  return work.finish();
}

class ZooWork {
  readonly #rows: TrainingRows;
  readonly #networks: ZooNetwork[];
  readonly #finals: FinalRecord[];
  /** Of the first group that is not trained. */
  #trainer: BaseTrainerState | null;
  /** Networks and runs of the groups that are complete. */
  #before = { networks: 0, runs: 0 };

  constructor(
    private readonly task: PreparedTask,
    private readonly plan: ZooPlan,
    private readonly options: ZooTrainingOptions,
    private readonly keeper: ZooKeeper | undefined,
  ) {
    this.#rows = trainingRows(task);
    this.#networks = [...(keeper?.start.networks ?? [])];
    this.#finals = [...(keeper?.start.finals ?? [])];
    this.#trainer = keeper?.start.trainer ?? null;
  }

  /** State of the training to continue; null for a new one. */
  start(): ZooProgress | null {
    const networks = this.#networks.length;
    if (networks === 0 && this.#trainer === null) return null;
    const { groups, snapshots } = this.plan;
    const { group = groups.at(-1), runsBefore } = firstMissing(this.plan, networks);
    if (group === undefined) return null;
    return this.#progress(group, runsBefore, this.#trainer?.step ?? 0, snapshots.at(-1) ?? 0);
  }

  /** Trains and measures the missing networks of a group. */
  async complete(group: TrainingGroup): Promise<void> {
    const end = this.#before.networks + group.runs.length * this.plan.snapshots.length;
    if (this.#networks.length < end) await this.#train(group);
    try {
      await this.#measure(group, end);
    } catch (error) {
      if (this.options.signal?.aborted === true) await this.#save(null);
      throw error;
    }
    this.#before = { networks: end, runs: this.#before.runs + group.runs.length };
  }

  /** The zoo. Saved first, so that a file that cannot be written costs no training. */
  async finish(): Promise<Zoo> {
    await this.#save(null);
    return new Zoo(this.plan.header, this.#networks, this.#finals);
  }

  async #train(group: TrainingGroup): Promise<void> {
    const { header } = this.plan;
    const { engine, onProgress, signal } = this.options;
    const architecture = this.#architecture(group);
    const from = this.#trainer;
    this.#trainer = null;
    await trainBaseNetworks(architecture, group.runs, this.#rows, header.training, {
      engine,
      seed: header.seed,
      signal,
      from,
      onStep: (step, totalSteps) => {
        onProgress?.(this.#progress(group, this.#before.runs, step, totalSteps));
      },
      onSnapshot: ({ step, isFinal, weights }) => {
        group.runs.forEach((run, m) => {
          this.#networks.push({
            architecture: group.architecture,
            run,
            step,
            isFinal,
            weights: weights[m] as Float32Array,
          });
        });
      },
      keeper: {
        isDue: () => this.keeper?.isDue() === true,
        save: (state) => this.#save(state),
      },
    });
  }

  /** Measures the final networks of a group, of which the last one is before `end`. */
  async #measure(group: TrainingGroup, end: number): Promise<void> {
    const { task, keeper } = this;
    const pace = createPace(this.options.signal);
    const architecture = this.#architecture(group);
    const trained = this.#networks.slice(end - group.runs.length, end);
    for (const { run, weights } of trained.slice(this.#finals.length - this.#before.runs)) {
      if (keeper?.isDue() === true) await this.#save(null);
      const logits = await evaluateInPieces(architecture, weights, task.features, pace);
      this.#finals.push({
        architecture: group.architecture,
        run,
        ...taskMetrics(task, logits),
      });
    }
  }

  /** Where a group is at a step, with so many runs before it. */
  #progress(group: TrainingGroup, before: number, step: number, totalSteps: number): ZooProgress {
    const runs = this.plan.header.architectures.reduce((sum, own) => sum + own.runs, 0);
    return {
      architecture: this.#architecture(group),
      done: before * totalSteps + group.runs.length * step,
      total: runs * totalSteps,
    };
  }

  async #save(trainer: BaseTrainerState | null): Promise<void> {
    await this.keeper?.save({ networks: this.#networks, finals: this.#finals, trainer });
  }

  #architecture({ architecture }: TrainingGroup): Architecture {
    return (this.plan.header.architectures[architecture] as { architecture: Architecture })
      .architecture;
  }
}
