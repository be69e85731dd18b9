import { mean } from '../../evaluation/population-metrics.js';
import type { EvaluationContext } from '../../evaluation/evaluation-context.js';
import { DETERMINISTIC } from '../../flow/stochasticity.js';
import type { FlowConfig } from '../../flows/flow-config.js';
import { completeSampling } from '../../flows/sampling-options.js';
import {
  architectureIn,
  architectureKey,
  architectureName,
  type Architecture,
} from '../../network/architecture.js';
import { partData, type PartData, type PreparedTask } from '../../zoo/prepared-task.js';
import type { ExperimentRun } from '../experiment-run.js';
import type { InitBudget, OptimizerTrial } from './budget.js';
import { RANDOM_STARTS } from './random-starts.js';
import { makeStarts, START_KINDS, type StartKind } from './starts.js';
import { recordedUpdates, trainStarts, type StartCurve } from './train-starts.js';

/** The trainings of one architecture on one task by one optimiser. */
export interface InitCase {
  readonly task: string;
  /** As people write it. */
  readonly architecture: string;
  /** Whether the flow's zoo has it. */
  readonly isInZoo: boolean;
  readonly optimizer: string;
  /** Updates after which curves have values, from 0 to the whole training. */
  readonly updates: readonly number[];
  /** The random start that is best on the validation part after the training. */
  readonly best: StartKind;
  readonly curves: readonly (StartCurve & { readonly start: StartKind })[];
}

export interface InitResults {
  readonly flow: string;
  /** The flow's task. */
  readonly task: string;
  /** Steps in which it was sampled. */
  readonly steps: number;
  readonly cases: readonly InitCase[];
}

export interface InitOptions {
  /** Of the flow. */
  readonly context: Pick<EvaluationContext, 'sampler' | 'zooRuns' | 'task'>;
  readonly config: FlowConfig;
  /** Other tasks with the same features and classes in number. */
  readonly others: readonly PreparedTask[];
  readonly architectures: readonly Architecture[];
  readonly budget: InitBudget;
  /** Of samples, starts and minibatches. */
  readonly seed: number;
}

/**
 * How fast networks train from samples of a flow, on its task and on others, beside other starts.
 *
 * Every start has the learning rate that is best for it on the validation part: random ones the rate
 * that ends best, the others the rate that reaches soonest what the best random start ends with.
 *
 * @throws WeightspringError `cancelled` if the run is stopped; the same call continues it
 */
export async function initExperiment(
  run: ExperimentRun,
  { context, config, others, architectures, budget, seed }: InitOptions,
): Promise<InitResults> {
  const sampling = { ...completeSampling(config, {}), stochasticity: DETERMINISTIC };
  const zoo = config.architectures.map(architectureIn);
  const known = new Set(zoo.map(architectureKey));
  const cases: InitCase[] = [];
  for (const task of [context.task, ...others]) {
    const parts = partsOf(task, budget);
    for (const architecture of architectures) {
      const key = architectureKey(architecture);
      let starts: ReturnType<typeof makeStarts> | undefined;
      const makeOnce = (): ReturnType<typeof makeStarts> =>
        (starts ??= (async () => {
          const drawn = await context.sampler.sampleWeights(
            {
              flow: config.name,
              architecture,
              seed,
              firstIndex: 0,
              count: budget.runs,
              ...sampling,
            },
            run.signal === undefined ? {} : { signal: run.signal },
          );
          return makeStarts({
            architecture,
            runs: budget.runs,
            seed,
            soup: budget.soup,
            sampled: drawn.map(({ weights }) => weights),
            zoo,
            zooRuns: context.zooRuns,
            signal: run.signal,
          });
        })());
      for (const trial of budget.optimizers) {
        const name = `${task.task}/${key.replaceAll('/', '-')}/${trial.name.toLowerCase()}`;
        const { best, curves } = await trainCase(run, name, {
          makeStarts: makeOnce,
          task,
          architecture,
          trial,
          budget,
          seed,
          ...parts,
        });
        cases.push({
          task: task.task,
          architecture: architectureName(architecture),
          isInZoo: known.has(key),
          optimizer: trial.name,
          updates: recordedUpdates(task, budget),
          best,
          curves,
        });
      }
    }
  }
  return { flow: config.name, task: context.task.task, steps: sampling.steps, cases };
}

interface CaseOptions {
  readonly makeStarts: () => ReturnType<typeof makeStarts>;
  readonly task: PreparedTask;
  readonly architecture: Architecture;
  readonly trial: OptimizerTrial;
  readonly budget: InitBudget;
  readonly seed: number;
  readonly validation: PartData;
  readonly test: PartData;
}

async function trainCase(
  run: ExperimentRun,
  name: string,
  { makeStarts: make, ...options }: CaseOptions,
): Promise<Pick<InitCase, 'best' | 'curves'>> {
  const curves = new Map<StartKind, StartCurve | null>();
  const train = async (kind: StartKind, judge: (validation: readonly number[]) => number) => {
    const curve = await run.once<StartCurve | null>(`curves/${name}/${kind}`, async () => {
      const starts = (await make()).get(kind);
      if (starts === undefined) return null;
      const { signal } = run;
      return trainStarts({ ...options, starts, judge, signal, engine: await run.engine() });
    });
    curves.set(kind, curve);
    run.progress(`train ${name}`, curves.size, START_KINDS.length, kind);
  };
  const last = (values: readonly number[]): number => values.at(-1) ?? 0;
  for (const kind of RANDOM_STARTS) await train(kind, last);
  const ends = RANDOM_STARTS.map((kind) => ({
    kind,
    end: last(curves.get(kind)?.validation ?? []),
  }));
  const best = ends.reduce((a, b) => (b.end > a.end ? b : a));
  const soonest = (validation: readonly number[]): number => {
    const reached = validation.findIndex((value) => value >= best.end);
    // Soonest first, and the better end among equals or where none gets there.
    return last(validation) - (reached === -1 ? validation.length : reached);
  };
  for (const kind of START_KINDS) if (!curves.has(kind)) await train(kind, soonest);
  return {
    best: best.kind,
    curves: START_KINDS.flatMap((start) => {
      const curve = curves.get(start);
      return curve ? [{ start, ...curve }] : [];
    }),
  };
}

/** All of the test part, and as much of the validation part as is asked for. */
function partsOf(
  task: PreparedTask,
  { validationRows }: InitBudget,
): {
  readonly validation: PartData;
  readonly test: PartData;
} {
  const { features, labels } = partData(task, 'validation');
  const width = task.featureNames.length;
  return {
    validation: {
      features: features.subarray(0, validationRows * width),
      labels: labels.subarray(0, validationRows),
    },
    test: partData(task, 'test'),
  };
}

/** Mean accuracy on the test part after every recorded update. */
export function meanCurve({ test }: Pick<StartCurve, 'test'>): readonly number[] {
  return test.map(mean);
}
