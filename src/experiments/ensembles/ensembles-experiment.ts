import type { EvaluationContext } from '../../evaluation/evaluation-context.js';
import { trainFresh } from '../../evaluation/fresh.js';
import { fullUpdates, msPerUpdate } from '../../evaluation/scrutiny/brief-training.js';
import { unseenSeed, type ZooRecord } from '../../evaluation/zoo-record.js';
import type { FlowConfig } from '../../flows/flow-config.js';
import { completeSampling } from '../../flows/sampling-options.js';
import { architectureName, type Architecture } from '../../network/architecture.js';
import { createPace } from '../../pace.js';
import { Random } from '../../random.js';
import { trainBaseNetworks, type BaseTraining } from '../../zoo/base-trainer.js';
import { evaluateInPieces } from '../../zoo/evaluate-networks.js';
import {
  crossEntropy,
  logProbabilities,
  meanProbabilities,
  probabilities,
} from '../../zoo/metrics.js';
import { partData, trainingRows } from '../../zoo/prepared-task.js';
import type { ExperimentRun } from '../experiment-run.js';
import type { EnsemblesBudget } from './budget.js';
import { dropoutPass } from './dropout-passes.js';
import { ensembleCurve, type EnsemblePoint, type MemberAnswers } from './ensemble-figures.js';

/** Ensembles of members of one kind. */
export interface EnsembleContender {
  readonly curve: readonly EnsemblePoint[];
  /** To make one more member, beside others; a pass of Monte-Carlo dropout costs none. */
  readonly secondsPerMember: number;
  /** Before the first member: the training of the one network of Monte-Carlo dropout. */
  readonly secondsBefore: number;
}

export interface EnsemblesResults {
  readonly flow: string;
  readonly task: string;
  readonly architecture: string;
  /** Steps in which members were sampled. */
  readonly steps: number;
  readonly training: BaseTraining;
  /** The other data set; null for none. */
  readonly foreign: string | null;
  readonly sampled: EnsembleContender;
  readonly trained: EnsembleContender;
  readonly dropout: EnsembleContender & { readonly rate: number };
}

/** Rows of another data set, standardised as the task's are. */
export interface ForeignRows {
  readonly name: string;
  readonly features: Float32Array;
}

export interface EnsemblesOptions {
  /** Of the flow. */
  readonly context: Pick<EvaluationContext, 'sampler' | 'task'>;
  readonly config: FlowConfig;
  readonly zooRecord: ZooRecord;
  readonly architecture: Architecture;
  readonly foreign: ForeignRows | null;
  readonly budget: EnsemblesBudget;
  /** Of samples and masks. */
  readonly seed: number;
}

/**
 * Ensembles of sampled networks beside ensembles of as many trained ones and of passes of
 * Monte-Carlo dropout: how accurate and calibrated they are, and whether their uncertainty tells
 * errors and rows of other data.
 *
 * @throws WeightspringError `cancelled` if the run is stopped; the same call continues it
 */
export async function ensemblesExperiment(
  run: ExperimentRun,
  options: EnsemblesOptions,
): Promise<EnsemblesResults> {
  const { context, config, zooRecord, architecture, foreign, budget } = options;
  const { task } = context;
  const usual = zooRecord.training;
  const training = { ...usual, epochs: budget.epochs ?? usual.epochs };
  const sampling = completeSampling(config, {});
  const bench = new EnsembleBench(run, { ...options, training });
  return {
    flow: config.name,
    task: task.task,
    architecture: architectureName(architecture),
    steps: sampling.steps,
    training,
    foreign: foreign?.name ?? null,
    sampled: await run.once('sampled', () => bench.sampled(sampling)),
    trained: await run.once('trained', () => bench.trained()),
    dropout: await run.once('dropout', () => bench.dropout()),
  };
}

/** Time to make the members of an ensemble: sampling or training them. */
export function secondsOf(
  { members }: Pick<EnsemblePoint, 'members'>,
  { secondsPerMember, secondsBefore }: EnsembleContender,
): number {
  return secondsBefore + members * secondsPerMember;
}

class EnsembleBench {
  readonly #test;
  readonly #pace;

  constructor(
    private readonly run: ExperimentRun,
    private readonly options: EnsemblesOptions & { readonly training: BaseTraining },
  ) {
    this.#test = partData(options.context.task, 'test');
    this.#pace = createPace(run.signal);
  }

  async sampled(sampling: ReturnType<typeof completeSampling>): Promise<EnsembleContender> {
    const { context, config, architecture, budget, seed } = this.options;
    const { signal } = this.run;
    const job = { flow: config.name, architecture, seed, firstIndex: 0, count: budget.members };
    const draw = () =>
      context.sampler.sampleWeights(
        { ...job, ...sampling },
        signal === undefined ? {} : { signal },
      );
    // The first time also opens the flow.
    await draw();
    const start = performance.now();
    const drawn = await draw();
    const seconds = (performance.now() - start) / 1000;
    return {
      curve: await this.#curveOf(
        drawn.map(({ weights }) => weights),
        'sampled',
      ),
      secondsPerMember: seconds / budget.members,
      secondsBefore: 0,
    };
  }

  async trained(): Promise<EnsembleContender> {
    const { context, architecture, budget, training } = this.options;
    const engine = await this.run.engine();
    const { weights } = await trainFresh(
      architecture,
      context.task,
      { runs: budget.members, training, seed: this.#seed, engine },
      this.run.watcher('train networks'),
    );
    return {
      curve: await this.#curveOf(weights, 'trained'),
      secondsPerMember: await this.#secondsOfTraining(budget.timed),
      secondsBefore: 0,
    };
  }

  async dropout(): Promise<EnsemblesResults['dropout']> {
    const { context, foreign, budget } = this.options;
    const { task } = context;
    const rates = budget.dropoutRates;
    const networks = await this.#trainWithDropout(rates);
    const validation = partData(task, 'validation');
    let best = { loss: Infinity, rate: 0, weights: new Float32Array() };
    for (const [index, rate] of rates.entries()) {
      const weights = networks[index] as Float32Array<ArrayBuffer>;
      const passes = await this.#passes(weights, rate, validation.features, 'validation');
      const loss = crossEntropy(logProbabilities(meanProbabilities(passes)), validation.labels);
      if (loss < best.loss) best = { loss, rate, weights };
    }
    const { rate, weights } = best;
    const own = await this.#passes(weights, rate, this.#test.features, 'test');
    const other =
      foreign === null ? null : await this.#passes(weights, rate, foreign.features, 'foreign');
    const members = own.map((answers, index) => ({
      own: answers,
      foreign: other?.[index] ?? null,
    }));
    // Timed alone, as it is trained; rates that were not chosen cost nothing here.
    const secondsBefore = await this.#secondsOfTraining(1);
    return {
      rate,
      curve: await ensembleCurve(members, this.#test.labels, this.#pace),
      secondsPerMember: 0,
      secondsBefore,
    };
  }

  /** A network for each rate, side by side. */
  async #trainWithDropout(rates: readonly number[]): Promise<readonly Float32Array[]> {
    const { context, architecture, training } = this.options;
    let networks: readonly Float32Array[] = [];
    await trainBaseNetworks(
      architecture,
      // The same start and minibatches for all rates.
      rates.map(() => 0),
      trainingRows(context.task),
      { ...training, snapshots: { ignoreEpochs: 0, perRun: 1 } },
      {
        engine: await this.run.engine(),
        seed: this.#seed,
        signal: this.run.signal,
        dropout: rates,
        onStep: (step, total) => {
          this.run.progress('train with dropout', step, total);
        },
        onSnapshot: ({ weights }) => {
          networks = weights;
        },
      },
    );
    return networks;
  }

  async #passes(
    weights: Float32Array,
    rate: number,
    features: Float32Array,
    purpose: string,
  ): Promise<readonly Float64Array[]> {
    const { architecture, budget, seed } = this.options;
    const passes: Float64Array[] = [];
    for (let pass = 0; pass < budget.members; pass++) {
      const random = new Random(seed, 'dropout pass', purpose, pass);
      passes.push(await dropoutPass(architecture, weights, features, rate, random, this.#pace));
      this.run.progress(`dropout, ${purpose}`, pass + 1, budget.members);
    }
    return passes;
  }

  async #curveOf(
    networks: readonly Float32Array[],
    stage: string,
  ): Promise<readonly EnsemblePoint[]> {
    const { foreign } = this.options;
    const members: MemberAnswers[] = [];
    for (const weights of networks) {
      members.push({
        own: await this.#answers(weights, this.#test.features),
        foreign: foreign && (await this.#answers(weights, foreign.features)),
      });
      this.run.progress(`measure ${stage}`, members.length, networks.length);
    }
    return ensembleCurve(members, this.#test.labels, this.#pace);
  }

  async #answers(weights: Float32Array, features: Float32Array): Promise<Float64Array> {
    const { architecture, context } = this.options;
    const logits = await evaluateInPieces(architecture, weights, features, this.#pace);
    return probabilities(logits, features.length / context.task.featureNames.length);
  }

  /** Of one network's whole training, beside others. */
  async #secondsOfTraining(networks: number): Promise<number> {
    const { architecture, context, training } = this.options;
    const ms = await msPerUpdate(architecture, context.task, {
      networks,
      training,
      seed: this.#seed,
      engine: await this.run.engine(),
      signal: this.run.signal,
    });
    return (ms * fullUpdates(context.task, training)) / networks / 1000;
  }

  get #seed(): number {
    return unseenSeed(this.options.zooRecord, 'ensembles');
  }
}
