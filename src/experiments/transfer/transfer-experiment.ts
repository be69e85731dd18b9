import type { Dataset } from '../../data/dataset.js';
import { splitDataset } from '../../data/split.js';
import { standardise, storedStandardisation } from '../../data/standardisation.js';
import { trainingPart } from '../../data/training-rows.js';
import { trainFresh } from '../../evaluation/fresh.js';
import { mean } from '../../evaluation/population-metrics.js';
import { unseenSeed, type ZooRecord } from '../../evaluation/zoo-record.js';
import type { InputMetric } from '../../flow/input-metric.js';
import { DETERMINISTIC } from '../../flow/stochasticity.js';
import type { FlowConfig } from '../../flows/flow-config.js';
import { completeGuide, type Guide } from '../../flows/guide.js';
import { networkForFlow } from '../../likelihood/network-for-flow.js';
import { architectureName, type Architecture } from '../../network/architecture.js';
import { createPace } from '../../pace.js';
import type { Sampler } from '../../sampling/sampler.js';
import { evaluateInPieces } from '../../zoo/evaluate-networks.js';
import { classificationMetrics } from '../../zoo/metrics.js';
import type { PartData, PreparedTask } from '../../zoo/prepared-task.js';
import type { ExperimentRun } from '../experiment-run.js';
import type { GuidanceWay, TransferBudget } from './budget.js';

/** Networks of one kind on the test part of the other task, means over them. */
export interface TransferFigure {
  readonly accuracy: number;
  readonly worst: number;
  readonly crossEntropy: number;
}

/** Guided networks, at the strength that is best on the validation part. */
export interface GuidedFigure extends TransferFigure {
  readonly way: string;
  readonly steps: number;
  readonly strength: number;
  /** Gradients that each network took. */
  readonly gradients: number;
  /** To draw them all, at this strength. */
  readonly seconds: number;
}

/** A flow guided towards another task than that of its networks. */
export interface TransferCase {
  readonly flow: string;
  /** What the flow's networks were trained on. */
  readonly from: string;
  readonly to: string;
  readonly architecture: string;
  readonly unguided: TransferFigure;
  readonly guided: readonly GuidedFigure[];
  /** Trained on the other task from random starts, as the flow's zoo was, for few epochs. */
  readonly brief: TransferFigure & { readonly seconds: number };
  /** The same for as long as the zoo. */
  readonly trained: TransferFigure;
  /** Those without the directions of inputs that the flow does not have; null if it has all. */
  readonly truncated: (TransferFigure & { readonly directions: number }) | null;
}

export interface TransferPlan {
  readonly config: FlowConfig;
  readonly zooRecord: ZooRecord;
  readonly inputMetric: InputMetric | undefined;
  /** The other task, raw and prepared. */
  readonly dataset: Dataset;
  readonly task: PreparedTask;
  readonly architecture: Architecture;
}

export interface TransferOptions {
  readonly sampler: Pick<Sampler, 'sampleWeights'>;
  readonly plans: readonly TransferPlan[];
  readonly budget: TransferBudget;
  /** Of samples. */
  readonly seed: number;
}

/**
 * How far guidance by labelled rows takes a flow over networks of one task towards another: every
 * way and number of steps at the strength with the best accuracy on validation rows, beside networks
 * trained on the other task.
 *
 * @throws WeightspringError `cancelled` if the run is stopped; the same call continues it
 * @see thesis, chapter on guidance
 */
export async function transferExperiment(
  run: ExperimentRun,
  { plans, ...options }: TransferOptions,
): Promise<readonly TransferCase[]> {
  const cases: TransferCase[] = [];
  for (const plan of plans) cases.push(await new Transfer(run, plan, options).measure());
  return cases;
}

class Transfer {
  readonly #name: string;
  readonly #pace;
  readonly #validation: PartData;
  readonly #test: PartData;
  readonly #rows;

  constructor(
    private readonly run: ExperimentRun,
    private readonly plan: TransferPlan,
    private readonly options: Omit<TransferOptions, 'plans'>,
  ) {
    const { config, dataset } = plan;
    this.#name = `${config.name}-to-${dataset.task}`;
    this.#pace = createPace(run.signal);
    const { validation, test } = splitDataset(dataset);
    this.#validation = this.#part(validation.subarray(0, options.budget.validationRows));
    this.#test = this.#part(test);
    this.#rows = trainingPart(dataset);
  }

  async measure(): Promise<TransferCase> {
    const { run, plan } = this;
    const { budget } = this.options;
    const once = <T>(step: string, compute: () => Promise<T>): Promise<T> =>
      run.once(`${this.#name}/${step}`, compute);
    const cells = budget.ways.flatMap((way) => budget.steps.map((steps) => ({ way, steps })));
    return {
      flow: plan.config.name,
      from: plan.config.task,
      to: plan.dataset.task,
      architecture: architectureName(plan.architecture),
      unguided: await once('unguided', async () =>
        this.#figure(await this.#draw(Math.max(...budget.steps))),
      ),
      guided: await run.each(`${this.#name}/guided`, cells.length, (index) =>
        this.#guided(cells[index] as (typeof cells)[number]),
      ),
      brief: await once('brief', async () => {
        const start = performance.now();
        const { figure } = await this.#train('train briefly', budget.briefEpochs);
        return { ...figure, seconds: (performance.now() - start) / 1000 };
      }),
      ...(await once('trained', async () => {
        const { figure, weights } = await this.#train('train networks', budget.epochs);
        return { trained: figure, truncated: await this.#truncated(weights) };
      })),
    };
  }

  async #guided({ way, steps }: { way: GuidanceWay; steps: number }): Promise<GuidedFigure> {
    let best: { accuracy: number; drawn: Drawn; guide: Guide } | undefined;
    for (const strength of way.strengths) {
      const guide = completeGuide(this.#rows, { ...way.settings, strength });
      const drawn = await this.#draw(steps, guide);
      const accuracy = mean((await this.#metrics(drawn.weights, this.#validation)).map(accuracyOf));
      if (best === undefined || accuracy > best.accuracy) best = { accuracy, drawn, guide };
    }
    const { drawn, guide } = best as NonNullable<typeof best>;
    return {
      way: way.name,
      steps,
      strength: guide.strength,
      gradients: steps * guide.gradients,
      seconds: drawn.seconds,
      ...(await this.#figure(drawn)),
    };
  }

  async #draw(steps: number, guide?: Guide): Promise<Drawn> {
    const { config, architecture } = this.plan;
    const { sampler, seed, budget } = this.options;
    const { signal } = this.run;
    const start = performance.now();
    const drawn = await sampler.sampleWeights(
      {
        flow: config.name,
        architecture,
        seed,
        firstIndex: 0,
        count: budget.networks,
        steps,
        solver: 'euler',
        timeGrid: 'uniform',
        stochasticity: DETERMINISTIC,
        ...(guide === undefined ? {} : { guide }),
      },
      signal === undefined ? {} : { signal },
    );
    const seconds = (performance.now() - start) / 1000;
    return { weights: drawn.map(({ weights }) => weights), seconds };
  }

  async #train(
    stage: string,
    epochs: number | undefined,
  ): Promise<{ readonly figure: TransferFigure; readonly weights: readonly Float32Array[] }> {
    const { architecture, task, zooRecord } = this.plan;
    const usual = zooRecord.training;
    const { weights } = await trainFresh(
      architecture,
      task,
      {
        runs: this.options.budget.networks,
        training: { ...usual, epochs: epochs ?? usual.epochs },
        seed: unseenSeed(zooRecord, 'transfer'),
        engine: await this.run.engine(),
      },
      this.run.watcher(`${this.#name}: ${stage}`),
    );
    const own = weights.map((network) => this.#asOfFlow(network));
    return { figure: await this.#figure({ weights: own }), weights: own };
  }

  /** A network trained on the other task's standardised features, for those of the flow. */
  #asOfFlow(weights: Float32Array): Float32Array {
    const { architecture, task, config } = this.plan;
    const takes = task.standardisation;
    const flows = storedStandardisation(config.standardisation);
    return Float32Array.from(networkForFlow({ architecture, weights, takes }, flows).weights);
  }

  async #truncated(weights: readonly Float32Array[]): Promise<TransferCase['truncated']> {
    const { inputMetric: metric, architecture } = this.plan;
    if (metric === undefined || metric.rank === metric.features) return null;
    const kept = weights.map((network) =>
      metric.expand(metric.reduce(network, architecture), architecture),
    );
    return { ...(await this.#figure({ weights: kept })), directions: metric.rank };
  }

  async #figure({ weights }: Pick<Drawn, 'weights'>): Promise<TransferFigure> {
    const metrics = await this.#metrics(weights, this.#test);
    const accuracies = metrics.map(accuracyOf);
    return {
      accuracy: mean(accuracies),
      worst: Math.min(...accuracies),
      crossEntropy: mean(metrics.map(({ crossEntropy }) => crossEntropy)),
    };
  }

  async #metrics(
    networks: readonly Float32Array[],
    { features, labels }: PartData,
  ): Promise<readonly ReturnType<typeof classificationMetrics>[]> {
    const metrics: ReturnType<typeof classificationMetrics>[] = [];
    for (const weights of networks) {
      const { architecture } = this.plan;
      const logits = await evaluateInPieces(architecture, weights, features, this.#pace);
      metrics.push(classificationMetrics(logits, labels));
    }
    return metrics;
  }

  /** Rows of the other task, standardised as those of the flow. */
  #part(rows: Int32Array): PartData {
    const { config, dataset } = this.plan;
    const { features, labels } = dataset;
    return {
      features: standardise(features, storedStandardisation(config.standardisation), rows),
      labels: Uint8Array.from(rows, (row) => labels[row] as number),
    };
  }
}

interface Drawn {
  readonly weights: readonly Float32Array[];
  readonly seconds: number;
}

const accuracyOf = ({ accuracy }: { readonly accuracy: number }): number => accuracy;
