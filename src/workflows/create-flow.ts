import { join } from 'node:path';
import { requireRequested, type DeviceChoice } from '../devices/device.js';
import { buildReference } from '../evaluation/build-reference.js';
import { zooRecordOf } from '../evaluation/zoo-record.js';
import { runsOfZoo } from '../evaluation/zoo-runs.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { claimFolder } from '../files/claim-folder.js';
import { lockFolder, type LockOptions } from '../files/lock-folder.js';
import { readBytesIfPresent } from '../files/read-file.js';
import { checkWritableFolder } from '../files/write-target.js';
import { checkNewFlow } from '../flows/check-new-flow.js';
import { FLOW_FILES, openFlow } from '../flows/flow-store.js';
import { storeTrainedFlow } from '../flows/store-trained-flow.js';
import { fractionDone, type ReportProgress, type Watcher } from '../pace.js';
import { Sampler } from '../sampling/sampler.js';
import type { Engine } from '../training/engine.js';
import type { PreparedTask } from '../zoo/prepared-task.js';
import { trainZooFile } from '../zoo/train-zoo-file.js';
import { readZoo } from '../zoo/zoo-file.js';
import type { Zoo } from '../zoo/zoo.js';
import { chooseZoo, SHARES, type ZooChoice } from './create-plan.js';
import { CREATED_SAMPLING, measureCreated, type CreatedFigures } from './measure-created.js';
import { trainCreatedFlow } from './train-created-flow.js';

/** How a flow is made of a data set. */
export interface CreateOptions extends LockOptions {
  /** Folder of flows, in which the flow gets a folder of its name. */
  readonly modelsDir: string;
  /** Folder that remembers an unfinished run: the same call continues it. */
  readonly runDir: string;
  /** Trains the networks and the flow: `new OrtEngine({ provider: 'cpu' })`. */
  readonly engine: Engine;
  /** Where networks are drawn to be measured. Default `cpu`. */
  readonly device?: DeviceChoice | undefined;
  /** How long it may take. Default 5. */
  readonly minutes?: number | undefined;
  /** When the time began, by `performance.now()`. Default: with the call. */
  readonly startMs?: number | undefined;
  /** Of everything random but the split of the data. Default 1. */
  readonly seed?: number | undefined;
  /** Commands that make the flow, for the record in its card. Default: none. */
  readonly commands?: readonly string[] | undefined;
  /** Stops the run with `cancelled`. */
  readonly signal?: AbortSignal | undefined;
  /** Told how far the run is, and with what: `zoo`, `flow`, `measuring`. */
  readonly onProgress?: ReportProgress | undefined;
  /** Told in words what was chosen, a line at a time. Default: nobody. */
  readonly tell?: ((line: string) => void) | undefined;
}

/** A flow that was made of a data set, and how good its networks are. */
export interface CreatedFlow extends CreatedFigures {
  readonly flow: string;
  /** Its folder, ready to be served. */
  readonly folder: string;
}

interface CompleteOptions extends Omit<CreateOptions, 'minutes' | 'startMs' | 'seed'> {
  readonly minutes: number;
  readonly startMs: number;
  readonly seed: number;
}

/**
 * Makes a flow of a data set in minutes, from its rows to a folder that can be served: trains a zoo
 * of networks of one to three hidden layers, a flow over them, and measures what it draws, by which
 * it is then served.
 *
 * The time is a budget, which decides how many networks and updates there are; a data set for which
 * the least of them take longer takes longer. A run that was stopped, or killed, is continued by the
 * same call.
 *
 * @example
 * const task = await loadTask({ data: 'churn.csv', target: 'churned' });
 * const engine = new OrtEngine({ provider: 'cpu' });
 * const created = await createFlow('churn', task, { modelsDir: 'models', runDir: 'runs/churn', engine });
 * console.log(created.generated.averaged.accuracy, created.logistic.accuracy);
 *
 * @throws WeightspringError `invalid-argument` for a name that no flow can have, a flow that is there
 *   already, or a `runDir` of another run or in use; `storage-failed`, `diverged`, `cancelled`,
 *   `provider-unavailable`
 */
export async function createFlow(
  name: string,
  task: PreparedTask,
  options: CreateOptions,
): Promise<CreatedFlow> {
  const { minutes = 5, seed = 1, startMs = performance.now() } = options;
  const { modelsDir, runDir, supervisorPid } = options;
  const folder = join(modelsDir, name);
  checkNewFlow({ name, folder });
  await checkWritableFolder(folder);
  await checkWritableFolder(runDir);
  const lock = await lockFolder(runDir, { supervisorPid });
  try {
    await claimFolder(runDir, { name, data: task.sha256, split: task.splitOptions, minutes, seed });
    const creation = new Creation(name, folder, task, { ...options, minutes, seed, startMs });
    return { flow: name, folder, ...(await creation.run()) };
  } finally {
    lock.release();
  }
}

class Creation {
  readonly #signal: AbortSignal;

  constructor(
    private readonly name: string,
    private readonly folder: string,
    private readonly task: PreparedTask,
    private readonly options: CompleteOptions,
  ) {
    this.#signal = options.signal ?? new AbortController().signal;
  }

  async run(): Promise<CreatedFigures> {
    const { task, folder } = this;
    const { engine, runDir, modelsDir, device = 'cpu', commands = [] } = this.options;
    const signal = this.#signal;
    const budgetMs = this.options.minutes * 60_000;
    const choice = await chooseZoo(task, { runDir, budgetMs, engine, signal });
    const zoo = await this.#zoo(choice);
    const trained = await this.#flow(zoo, budgetMs);
    const sampler = await Sampler.open({ modelsDir, device });
    try {
      requireRequested(sampler.device);
      const { config } = await openFlow(folder);
      const { seed } = this.options;
      const settings = {
        choice,
        engine,
        seed,
        commands,
        signal,
        watcher: this.#stage('measuring'),
      };
      return await measureCreated(
        {
          sampler,
          reference: trained.reference,
          task,
          zooRecord: zooRecordOf(config),
          zooRuns: runsOfZoo(zoo, trained.coordinates),
        },
        { zoo, config, folder },
        settings,
      );
    } finally {
      await sampler.close();
    }
  }

  async #zoo(choice: ZooChoice): Promise<Zoo> {
    const { engine, seed, supervisorPid, runDir } = this.options;
    const { onProgress } = this.#stage('zoo');
    const out = join(runDir, 'zoo');
    if ((await readBytesIfPresent(out)) !== null) return readZoo(out);
    return trainZooFile(
      this.task,
      { ...choice, seed },
      {
        engine,
        signal: this.#signal,
        out,
        runDir: `${out}.run`,
        supervisorPid,
        onProgress: ({ done, total }) => onProgress?.(done, total),
      },
    );
  }

  /** Trains and stores the flow with its reference. */
  async #flow(zoo: Zoo, budgetMs: number) {
    const { task, name, folder } = this;
    const { engine, seed, runDir, startMs, tell } = this.options;
    const signal = this.#signal;
    // What is left, without what measuring takes.
    const endMs = startMs + budgetMs * (1 - SHARES.measuring);
    const { config, trained } = await trainCreatedFlow(zoo, task, {
      runDir,
      engine,
      seed,
      leftMs: () => endMs - performance.now(),
      watcher: { ...this.#stage('flow'), signal },
      tell,
    });
    const reference = await buildReference(zoo, task, { signal });
    await storeTrainedFlow(folder, {
      name,
      description: `Classifiers for '${task.task}' of one to three hidden layers`,
      zoo,
      config,
      trained,
      engine: engine.name,
      durationSeconds: Math.round((performance.now() - startMs) / 1000),
      sampling: CREATED_SAMPLING,
      storage: 'float16',
    });
    await writeFileAtomic(join(folder, FLOW_FILES.reference), `${JSON.stringify(reference)}\n`);
    return { reference, coordinates: trained.coordinates };
  }

  #stage(stage: keyof typeof SHARES): Watcher {
    const { onProgress } = this.options;
    const names = Object.keys(SHARES) as (keyof typeof SHARES)[];
    const before = names
      .slice(0, names.indexOf(stage))
      .reduce((sum, earlier) => sum + SHARES[earlier], 0);
    return {
      signal: this.#signal,
      onProgress: (done, total) => {
        const part = fractionDone(done, total);
        onProgress?.(Math.floor(1000 * (before + SHARES[stage] * part)), 1000, stage);
      },
    };
  }
}
