import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { buildReference } from '../../evaluation/build-reference.js';
import { stepsChart, averagesChart } from '../../evaluation/card-charts.js';
import { modelCard } from '../../evaluation/card.js';
import { comparePopulation, type PopulationComparison } from '../../evaluation/comparison.js';
import { evaluateJob, type ScrutinisedReport } from '../../evaluation/evaluate-job.js';
import type { EvaluationContext } from '../../evaluation/evaluation-context.js';
import { flowFigure } from '../../evaluation/flow-figure.js';
import { zooRecordOf } from '../../evaluation/zoo-record.js';
import { runsOfZoo } from '../../evaluation/zoo-runs.js';
import { writeFileAtomic } from '../../files/atomic-write.js';
import { claimFolder } from '../../files/claim-folder.js';
import { readBytesIfPresent } from '../../files/read-file.js';
import { checkWritableFolder } from '../../files/write-target.js';
import { checkNewFlow } from '../../flows/check-new-flow.js';
import { figuresText } from '../../flows/flow-figures.js';
import { FLOW_FILES, openFlow } from '../../flows/flow-store.js';
import { completeSampling } from '../../flows/sampling-options.js';
import { storeTrainedFlow } from '../../flows/store-trained-flow.js';
import { architecture, architectureName } from '../../network/architecture.js';
import { partOf, type ReportProgress, type Watcher } from '../../pace.js';
import type { Engine } from '../../training/engine.js';
import type { PreparedTask } from '../../zoo/prepared-task.js';
import { trainZooFile } from '../../zoo/train-zoo-file.js';
import { trainZooOn } from '../../zoo/train-zoo.js';
import { readZoo } from '../../zoo/zoo-file.js';
import type { Zoo } from '../../zoo/zoo.js';
import { addTaskOptions, chosenTask, type TaskFlags } from '../data-options.js';
import { deviceOption } from '../device.js';
import { openEngine, threadsOption } from '../engine.js';
import { openSampler } from '../flow-job.js';
import { COMMAND_LIMITS } from '../limits.js';
import { lockRun } from '../lock-run.js';
import { jsonOption, parseFlowName, parsePath, parsePositive, seedParser } from '../options.js';
import { printResult, say } from '../output.js';
import { withProgress } from '../progress.js';
import { interruptSignal } from '../signals.js';
import { supervisorPid } from '../supervisor-link.js';
import type { DeviceChoice } from '../../devices/device.js';
import { chooseZoo, SHARES, USUAL_RUNS, type ZooChoice } from './create-plan.js';
import { createdTable, type Created } from './created-table.js';
import { trainCreatedFlow } from './train-created-flow.js';

interface CreateFlags extends TaskFlags {
  readonly minutes: number;
  readonly out: string;
  readonly runDir?: string;
  readonly seed: number;
  readonly splitSeed: number;
  readonly device: DeviceChoice;
  readonly threads?: number;
  readonly json?: true;
}

const MINUTES = 5;
const SAMPLING = { steps: 2, timeGrid: 'early' } as const;
/** Networks that are drawn of each architecture. */
const SAMPLES = 32;
/** Steps that the card compares beside the default. */
const CARD_STEPS = [1, SAMPLING.steps, 8];

/** `weightspring create`. */
export function addCreateCommand(program: Command): void {
  const command = program
    .command('create')
    .description(
      'make a flow for a data set, from its file to a flow that can be served; the same command ' +
        'continues a run that was stopped',
    )
    .argument('<name>', 'name of the flow', parseFlowName);
  addTaskOptions(command)
    .requiredOption('--out <folder>', 'folder of flows, in which it gets its own', parsePath)
    .option('--minutes <number>', 'how long it may take', parsePositive, MINUTES)
    .option('--run-dir <folder>', 'what the run remembers; default: runs/create/NAME', parsePath)
    .option('--seed <integer>', 'of everything random but the split', seedParser, 1)
    .option('--split-seed <integer>', 'of the split into train, validation, test', seedParser, 0)
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(createCommand);
}

async function createCommand(name: string, flags: CreateFlags): Promise<void> {
  const startMs = performance.now();
  const folder = join(flags.out, name);
  const runDir = flags.runDir ?? join('runs', 'create', name);
  checkNewFlow({ name, folder });
  await checkWritableFolder(folder);
  await checkWritableFolder(runDir);
  const signal = interruptSignal(() => {
    say('stopping; the same command continues');
  });
  const task = await chosenTask(flags, { signal, split: { seed: flags.splitSeed } });
  const lock = await lockRun(runDir);
  try {
    const { minutes, seed } = flags;
    await claimFolder(runDir, { name, data: task.sha256, split: task.splitOptions, minutes, seed });
    const engine = await openEngine('ort', flags);
    const creation = new Creation(name, folder, runDir, task, engine, flags, signal, startMs);
    const created = await withProgress('create', (report) => creation.run(report));
    say(`wrote ${folder} in ${Math.round((performance.now() - startMs) / 1000)} s`);
    printResult({ flow: name, out: folder, ...created }, flags.json === true, () =>
      createdTable(name, resolve(flags.out), created),
    );
  } finally {
    lock.release();
  }
}

class Creation {
  constructor(
    private readonly name: string,
    private readonly folder: string,
    private readonly runDir: string,
    private readonly task: PreparedTask,
    private readonly engine: Engine,
    private readonly flags: CreateFlags,
    private readonly signal: AbortSignal,
    private readonly startMs: number,
  ) {}

  async run(report: ReportProgress): Promise<Created> {
    const { task, engine, signal, runDir } = this;
    const budgetMs = this.flags.minutes * 60_000;
    const choice = await chooseZoo(task, { runDir, budgetMs, engine, signal });
    const zoo = await this.#zoo(choice, this.#stage(report, 'zoo'));
    // What is left, without what measuring takes.
    const flowEndMs = budgetMs * (1 - SHARES.measuring);
    const { config, trained } = await trainCreatedFlow(zoo, task, {
      runDir,
      engine,
      seed: this.flags.seed,
      leftMs: () => flowEndMs - (performance.now() - this.startMs),
      watcher: { ...this.#stage(report, 'flow'), signal },
    });
    const measuring = this.#stage(report, 'measuring');
    const reference = await buildReference(zoo, task, { signal });
    await storeTrainedFlow(this.folder, {
      name: this.name,
      description: `Classifiers for '${task.task}' of one to three hidden layers`,
      zoo,
      config,
      trained,
      engine: engine.name,
      durationSeconds: Math.round((performance.now() - this.startMs) / 1000),
      sampling: SAMPLING,
      storage: 'float16',
    });
    await writeFileAtomic(
      join(this.folder, FLOW_FILES.reference),
      `${JSON.stringify(reference)}\n`,
    );
    const sampler = await openSampler({ modelsDir: this.flags.out, device: this.flags.device });
    try {
      const { config: stored } = await openFlow(this.folder);
      const context: EvaluationContext = {
        sampler,
        reference,
        task,
        zooRecord: zooRecordOf(stored),
        zooRuns: runsOfZoo(zoo, trained.coordinates),
      };
      return await this.#measure(context, zoo, choice, measuring);
    } finally {
      await sampler.close();
    }
  }

  async #zoo(choice: ZooChoice, watcher: Watcher): Promise<Zoo> {
    const out = join(this.runDir, 'zoo');
    if ((await readBytesIfPresent(out)) !== null) return readZoo(out);
    const { seed } = this.flags;
    return trainZooFile(
      this.task,
      { ...choice, seed },
      {
        engine: this.engine,
        signal: this.signal,
        out,
        runDir: `${out}.run`,
        supervisorPid: supervisorPid(),
        onProgress: ({ done, total }) => watcher.onProgress?.(done, total),
      },
    );
  }

  async #measure(
    context: EvaluationContext,
    zoo: Zoo,
    choice: ZooChoice,
    watcher: Watcher,
  ): Promise<Created> {
    const { name, folder, task, signal } = this;
    const { sampler } = context;
    const { config } = await openFlow(folder);
    const drawn = (arch: (typeof zoo.architectures)[number], steps?: number) => ({
      flow: name,
      architecture: arch,
      seed: this.flags.seed,
      firstIndex: 0,
      count: SAMPLES,
      ...completeSampling(config, steps === undefined ? {} : { steps }),
    });
    const [usual = architecture([1, 1])] = zoo.architectures;
    const work = [
      ...zoo.architectures.map((arch) => ({ arch, steps: SAMPLING.steps })),
      ...CARD_STEPS.filter((steps) => steps !== SAMPLING.steps).map((steps) => ({
        arch: usual,
        steps,
      })),
    ];
    const reports: ScrutinisedReport[] = [];
    for (const [index, { arch, steps }] of work.entries()) {
      const report = partOf(watcher.onProgress ?? (() => undefined), index, work.length + 1);
      const job = drawn(arch, steps);
      reports.push(await evaluateJob(context, job, { limits: COMMAND_LIMITS, signal, report }));
    }
    const main = reports.filter(({ steps }) => steps === SAMPLING.steps);
    const bySteps = CARD_STEPS.flatMap(
      (steps) => reports.find((own) => own.steps === steps && own.architecture === usual) ?? [],
    );
    const figures = reports.map((own) => flowFigure(own, config.solver));
    const averages = averagesChart(main);
    const commands = [`npm run -s weightspring -- create ${name} --minutes ${this.flags.minutes}`];
    const files = {
      [FLOW_FILES.card]: modelCard({ config, figures, reports: main, bySteps, commands }),
      [FLOW_FILES.figures]: figuresText(figures, []),
      'steps.svg': stepsChart(name, bySteps),
      ...(averages === null ? {} : { 'averages.svg': averages }),
    };
    for (const [file, content] of Object.entries(files)) {
      await writeFileAtomic(join(folder, file), content);
    }
    const networks = await sampler.sampleWeights(drawn(usual), { signal });
    const trained = zoo.finalNetworksOf(0).slice(0, USUAL_RUNS.max);
    return {
      architecture: architectureName(usual),
      trained: await comparePopulation(
        usual,
        trained.map(({ weights }) => weights),
        task,
      ),
      generated: await comparePopulation(
        usual,
        networks.map(({ weights }) => weights),
        task,
      ),
      logistic: await this.#logistic(choice),
    };
  }

  /** Logistic regression: a network without hidden layers. */
  async #logistic({ training }: ZooChoice): Promise<PopulationComparison> {
    const { task, engine, signal } = this;
    const arch = architecture([task.featureNames.length, task.classNames.length]);
    const zoo = await trainZooOn(
      task,
      {
        architectures: [{ architecture: arch, runs: 1 }],
        training: { ...training, snapshots: { ignoreEpochs: 0, perRun: 1 } },
      },
      { engine, signal },
    );
    return comparePopulation(
      arch,
      zoo.networks.map(({ weights }) => weights),
      task,
    );
  }

  #stage(report: ReportProgress, stage: keyof typeof SHARES): Watcher {
    const names = Object.keys(SHARES) as (keyof typeof SHARES)[];
    const before = names
      .slice(0, names.indexOf(stage))
      .reduce((sum, name) => sum + SHARES[name], 0);
    return {
      signal: this.signal,
      onProgress: (done, total) => {
        const part = total <= 0 ? 1 : done / total;
        report(Math.floor(1000 * (before + SHARES[stage] * part)), 1000, stage);
      },
    };
  }
}
