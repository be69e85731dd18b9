import { join } from 'node:path';
import { WeightspringError } from '../errors.js';
import { averagesChart, stepsChart } from '../evaluation/card-charts.js';
import { modelCard } from '../evaluation/card.js';
import { comparePopulation, type PopulationComparison } from '../evaluation/comparison.js';
import { evaluateJob, type ScrutinisedReport } from '../evaluation/evaluate-job.js';
import type { EvaluationContext } from '../evaluation/evaluation-context.js';
import { flowFigure } from '../evaluation/flow-figure.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import type { FlowConfig } from '../flows/flow-config.js';
import { figuresText } from '../flows/flow-figures.js';
import { FLOW_FILES, openFlow } from '../flows/flow-store.js';
import type { FlowSummary } from '../flows/flow-summary.js';
import { completeSampling } from '../flows/sampling-options.js';
import { architecture, architectureName, type Architecture } from '../network/architecture.js';
import { partOf, type Watcher } from '../pace.js';
import { checkJob } from '../sampling/job-check.js';
import { OFFLINE_LIMITS } from '../sampling/offline-limits.js';
import type { DrawJob } from '../sampling/sample-job.js';
import type { Engine } from '../training/engine.js';
import { trainZooOn } from '../zoo/train-zoo.js';
import type { Zoo } from '../zoo/zoo.js';
import { USUAL_RUNS, type ZooChoice } from './create-plan.js';

/** How a created flow is integrated by default. */
export const CREATED_SAMPLING = { steps: 2, timeGrid: 'early' } as const;
/** Networks that are drawn of each architecture. */
const SAMPLES = 32;
/** Steps that the card compares beside the default. */
const CARD_STEPS = [1, CREATED_SAMPLING.steps, 8];

/** Test figures of a created flow, at the architecture that its zoo has most networks of. */
export interface CreatedFigures {
  readonly architecture: string;
  /** Networks of the zoo. */
  readonly trained: PopulationComparison;
  /** Networks of the flow, as many. */
  readonly generated: PopulationComparison;
  /** A network without hidden layers. */
  readonly logistic: PopulationComparison;
  /** Why the flow is not served even there, measured on the validation part; null if it is. */
  readonly refusal: string | null;
}

/** The flow that is measured. */
interface StoredCreation {
  readonly zoo: Zoo;
  readonly config: FlowConfig;
  readonly folder: string;
}

interface MeasureSettings {
  readonly choice: ZooChoice;
  readonly engine: Engine;
  readonly seed: number;
  readonly commands: readonly string[];
  readonly signal: AbortSignal;
  readonly watcher: Watcher;
}

/** Measures a created flow, and writes its card beside it. */
export async function measureCreated(
  context: EvaluationContext,
  { zoo, config, folder }: StoredCreation,
  { choice, engine, seed, commands, signal, watcher }: MeasureSettings,
): Promise<CreatedFigures> {
  const { sampler, task } = context;
  const drawn = (arch: Architecture, steps?: number): DrawJob => ({
    flow: config.name,
    architecture: arch,
    seed,
    firstIndex: 0,
    count: SAMPLES,
    ...completeSampling(config, { steps }),
  });
  const [usual = architecture([1, 1])] = zoo.architectures;
  const work = [
    ...zoo.architectures.map((arch) => ({ arch, steps: CREATED_SAMPLING.steps })),
    ...CARD_STEPS.filter((steps) => steps !== CREATED_SAMPLING.steps).map((steps) => ({
      arch: usual,
      steps,
    })),
  ];
  const reports: ScrutinisedReport[] = [];
  for (const [index, { arch, steps }] of work.entries()) {
    const report = partOf(watcher.onProgress ?? (() => undefined), index, work.length + 1);
    const job = drawn(arch, steps);
    reports.push(await evaluateJob(context, job, { limits: OFFLINE_LIMITS, signal, report }));
  }
  await writeCard(folder, { config, reports, usual, commands });
  const networks = await sampler.sampleWeights(drawn(usual), { signal });
  const trained = zoo.finalNetworksOf(0).slice(0, USUAL_RUNS.max);
  const compare = (
    arch: Architecture,
    population: readonly { readonly weights: Float32Array }[],
  ): Promise<PopulationComparison> =>
    comparePopulation(
      arch,
      population.map(({ weights }) => weights),
      task,
    );
  const logistic = await trainLogistic(context, choice, { engine, signal });
  return {
    architecture: architectureName(usual),
    trained: await compare(usual, trained),
    generated: await compare(usual, networks),
    logistic: await compare(logistic.arch, logistic.zoo.networks),
    refusal: refusalOf((await openFlow(folder)).summary, drawn(usual)),
  };
}

/** What a request for these networks is told, if they are not served. */
function refusalOf(flow: FlowSummary, job: DrawJob): string | null {
  try {
    checkJob(flow, job);
    return null;
  } catch (error) {
    if (error instanceof WeightspringError && error.code === 'unsupported-architecture') {
      return error.message;
    }
    throw error;
  }
}

async function writeCard(
  folder: string,
  {
    config,
    reports,
    usual,
    commands,
  }: {
    readonly config: FlowConfig;
    readonly reports: readonly ScrutinisedReport[];
    readonly usual: Architecture;
    readonly commands: readonly string[];
  },
): Promise<void> {
  const main = reports.filter(({ steps }) => steps === CREATED_SAMPLING.steps);
  const bySteps = CARD_STEPS.flatMap(
    (steps) => reports.find((own) => own.steps === steps && own.architecture === usual) ?? [],
  );
  const figures = reports.map((own) => flowFigure(own, config.solver));
  const averages = averagesChart(main);
  const files = {
    [FLOW_FILES.card]: modelCard({ config, figures, reports: main, bySteps, commands }),
    [FLOW_FILES.figures]: figuresText(figures, []),
    'steps.svg': stepsChart(config.name, bySteps),
    ...(averages === null ? {} : { 'averages.svg': averages }),
  };
  for (const [file, content] of Object.entries(files)) {
    await writeFileAtomic(join(folder, file), content);
  }
}

/** Logistic regression: a network without hidden layers. */
async function trainLogistic(
  { task }: EvaluationContext,
  { training }: ZooChoice,
  options: { readonly engine: Engine; readonly signal: AbortSignal },
): Promise<{ readonly arch: Architecture; readonly zoo: Zoo }> {
  const arch = architecture([task.featureNames.length, task.classNames.length]);
  const zoo = await trainZooOn(
    task,
    {
      architectures: [{ architecture: arch, runs: 1 }],
      training: { ...training, snapshots: { ignoreEpochs: 0, perRun: 1 } },
    },
    options,
  );
  return { arch, zoo };
}
