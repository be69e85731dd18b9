import { ensure, WeightspringError } from '../errors.js';
import type { CouplingKind } from '../flow/couplings/registry.js';
import type { Coordinates } from '../flow/coordinates.js';
import { fitCoordinates } from '../flow/fit-coordinates.js';
import { isCanonical, type FlowGeometry } from '../flow/geometry.js';
import { networkParameters } from '../flow/network-parameters.js';
import type { FlowLoss } from '../flow/objective.js';
import type { InputMetric } from '../flow/input-metric.js';
import type { PriorKind } from '../flow/matched-prior.js';
import type { Prediction, Skip } from '../flow/prediction.js';
import type { PopulationGroup } from '../flow/tensor-scales.js';
import type { TimeDistribution } from '../flow/time-distribution.js';
import type { Architecture } from '../network/architecture.js';
import type { Family } from '../network/family.js';
import { layerOf } from '../network/layers/registry.js';
import { networkOf } from '../network/network.js';
import { familyLayout } from '../network/point-layout.js';
import type { ParameterSpec } from '../ops/tensor-ops.js';
import { createPace } from '../pace.js';
import { Random } from '../random.js';
import { createVelocityNetwork, type VelocityConfig } from '../velocity/create-velocity-network.js';
import { servedFamily } from '../velocity/served-families.js';
import type { VelocityNetwork } from '../velocity/velocity-network.js';
import { readCheckpoint, writeCheckpoint } from './checkpoint.js';
import type { Engine, GradientFunction } from './engine.js';
import { DistilBatches } from './distil-batches.js';
import { distilProgram } from './distil-program.js';
import { FlowBatches } from './flow-batches.js';
import { flowProgram } from './flow-program.js';
import { initialiseParameters, startFrom } from './flow-parameters.js';
import { ParameterAverage } from './moving-average.js';
import { AdamW } from './optimizers/adamw.js';
import { clipScale, gradientNorm } from './optimizers/gradient-norm.js';
import { learningRateAt, type Schedule } from './schedules.js';
import type { DistilConfig, Teacher } from './teacher.js';
import type { TrainingRecord } from './training-log.js';

/** Everything that decides the outcome of a run, and is kept with it. */
export interface FlowTrainingConfig {
  readonly geometry: FlowGeometry;
  readonly velocity: VelocityConfig;
  readonly prediction: Prediction;
  /** Of predicted end points; velocity prediction has one loss only. */
  readonly loss: FlowLoss;
  readonly coupling: CouplingKind;
  readonly times: TimeDistribution;
  readonly batchSize: number;
  readonly steps: number;
  /** Peak learning rate. */
  readonly learningRate: number;
  readonly schedule: Schedule;
  readonly weightDecay: number;
  /** Largest joint norm of a gradient. */
  readonly clipNorm: number;
  readonly averageDecay: number;
  readonly seed: number;
  /** Which tensors of a predicted end point keep x_t. Default `all`. */
  readonly skip?: Skip | undefined;
  /** Of the noise. Default `uniform`. */
  readonly prior?: PriorKind | undefined;
  /** Rank of the input metric. Default: none. */
  readonly inputMetric?: number | undefined;
  /** Default: none. */
  readonly behaviour?: BehaviourConfig | undefined;
  /** Makes a flow map of a trained flow. Default: a flow. */
  readonly distil?: DistilConfig | undefined;
}

/** How much predicted end points are judged by what their networks say, and on how much data. */
export interface BehaviourConfig {
  /** β */
  readonly weight: number;
  /** M, rows of the training part in a batch. */
  readonly rows: number;
}

export const FLOW_TRAINING_DEFAULTS = {
  geometry: 'euclidean',
  prediction: 'endpoint',
  loss: 'chord',
  coupling: 'equivariant',
  times: 'beta',
  batchSize: 64,
  steps: 6000,
  learningRate: 1e-3,
  schedule: { kind: 'one-cycle' },
  weightDecay: 1e-4,
  clipNorm: 1,
  averageDecay: 0.999,
  seed: 1,
} as const satisfies Omit<FlowTrainingConfig, 'velocity'>;

export interface FlowTrainingOptions {
  readonly engine: Engine;
  /** Where checkpoints go; a run that stands there is continued. */
  readonly runDir: string;
  /** Default: those in which the population has unit variance. */
  readonly coordinates?: Coordinates | undefined;
  /** Of the rank that the configuration names. */
  readonly inputMetric?: InputMetric | undefined;
  /** Standardised rows of the training part, [n, d], row-major: for a behaviour loss. */
  readonly rows?: Float32Array | undefined;
  /** That the configuration names: for a flow map. */
  readonly teacher?: Teacher | undefined;
  /** Steps between checkpoints. Default 500. */
  readonly checkpointEvery?: number;
  /** Stops after the step in progress, with a checkpoint. */
  readonly signal?: AbortSignal;
  readonly onStep?: (record: TrainingRecord) => void;
}

export interface TrainedFlow {
  readonly coordinates: Coordinates;
  readonly specs: readonly ParameterSpec[];
  /** Averaged parameters, in the order of `specs`. */
  readonly parameters: readonly Float32Array[];
  /** Updates done; fewer than asked for when stopped. */
  readonly step: number;
}

/** How far above its recent level a loss may rise before the run counts as diverged. */
const DIVERGENCE_FACTOR = 50;

/**
 * Trains a velocity network on a population of networks by flow matching.
 *
 * A run directory makes the run resumable: the same configuration and population continue
 * bit-exactly on the same engine.
 *
 * @throws WeightspringError `diverged` when the loss or its gradient is not finite, or the loss
 * explodes; the last good checkpoint stays
 */
export async function trainFlow(
  population: readonly PopulationGroup[],
  config: FlowTrainingConfig,
  options: FlowTrainingOptions,
): Promise<TrainedFlow> {
  checkRecipe(config, options);
  const network = createVelocityNetwork(config.velocity);
  const { inputMetric } = options;
  for (const { architecture } of population) {
    network.served.assertServed(inputMetric?.reducedArchitecture(architecture) ?? architecture);
  }
  const run = await FlowRun.open(population, config, network, options);
  try {
    return await run.train();
  } finally {
    await run.dispose();
  }
}

/** @throws WeightspringError `invalid-argument` for choices that do not go together */
function checkRecipe(
  { prediction, skip = 'all', inputMetric, behaviour, distil }: FlowTrainingConfig,
  options: Pick<FlowTrainingOptions, 'inputMetric' | 'rows' | 'teacher'>,
): void {
  ensure(
    prediction === 'endpoint' || skip === 'all',
    'invalid-argument',
    () => `--skip ${skip} is for predicted end points: take --prediction endpoint with it`,
    '--skip',
  );
  ensure(
    inputMetric === options.inputMetric?.rank,
    'invalid-argument',
    () => `expected an input metric of rank ${inputMetric ?? 'none'}`,
    'inputMetric',
  );
  ensure(
    behaviour === undefined || (options.rows?.length ?? 0) > 0,
    'invalid-argument',
    () => 'a behaviour loss needs rows of the training part, got none',
    'rows',
  );
  ensure(
    (distil === undefined) === (options.teacher === undefined),
    'invalid-argument',
    () => `expected the teacher ${distil?.teacher ?? 'none'}`,
    'teacher',
  );
}

class FlowRun {
  readonly #programs = new Map<string, GradientFunction>();
  #step = 0;
  #recentLoss: number | null = null;

  private constructor(
    private readonly config: FlowTrainingConfig,
    private readonly network: VelocityNetwork,
    private readonly options: FlowTrainingOptions,
    private readonly coordinates: Coordinates,
    private readonly specs: readonly ParameterSpec[],
    private readonly parameters: readonly Float32Array[],
    private readonly average: ParameterAverage,
    private readonly optimizer: AdamW,
    private readonly random: Random,
    private readonly batches: FlowBatches | DistilBatches,
  ) {}

  static async open(
    population: readonly PopulationGroup[],
    config: FlowTrainingConfig,
    network: VelocityNetwork,
    options: FlowTrainingOptions,
  ): Promise<FlowRun> {
    const coordinates =
      options.coordinates ??
      fitCoordinates(population, config.geometry, {
        inputMetric: options.inputMetric,
        prior: config.prior,
      });
    const { teacher } = options;
    const specs = networkParameters(config.velocity, config.geometry, teacher !== undefined);
    const start =
      teacher === undefined
        ? initialiseParameters(specs, config.seed, config.skip)
        : startFrom(specs, teacher.parameters, config.seed);
    const optimizer = new AdamW(
      start.map(({ length }) => length),
      { weightDecay: config.weightDecay },
    );
    const parameters = optimizer.place(start);
    const average = new ParameterAverage(parameters, {
      decay: config.averageDecay,
      copy: (values) => optimizer.place(values),
    });
    const random = new Random(config.seed, 'flow-batches');
    const behaviour = config.behaviour && {
      inputs: networkInputs(coordinates, options.rows ?? new Float32Array()),
      rows: config.behaviour.rows,
    };
    const drawn = { ...config, behaviour };
    const batches =
      teacher === undefined || config.distil === undefined
        ? new FlowBatches(population, coordinates, drawn, random)
        : new DistilBatches(
            population,
            coordinates,
            drawn,
            { teacher, steps: config.distil.steps },
            random,
          );
    const run = new FlowRun(
      config,
      network,
      options,
      coordinates,
      specs,
      parameters,
      average,
      optimizer,
      random,
      batches,
    );
    await run.#restore();
    return run;
  }

  async train(): Promise<TrainedFlow> {
    const { signal, checkpointEvery = 500 } = this.options;
    // Engines may answer without leaving the microtask queue; signals need a turn of the loop.
    const pace = createPace();
    while (this.#step < this.config.steps && signal?.aborted !== true) {
      await this.#update();
      await pace();
      if (this.#step % checkpointEvery === 0) await this.#save();
    }
    await this.#save();
    return {
      coordinates: this.coordinates,
      specs: this.specs,
      parameters: this.average.values,
      step: this.#step,
    };
  }

  async dispose(): Promise<void> {
    for (const program of this.#programs.values()) await program.dispose();
  }

  async #update(): Promise<void> {
    const started = performance.now();
    const { config } = this;
    const batch = await this.batches.next();
    const family = servedFamily(this.network.served, batch.architecture);
    const program = await this.#program(family, batch.architecture);
    const { loss, gradients } = await program.evaluate(this.parameters, batch.inputs);
    const norm = gradientNorm(gradients);
    this.#ensureSound(loss, norm);
    const learningRate = learningRateAt(
      config.schedule,
      config.learningRate,
      this.#step,
      config.steps,
    );
    this.optimizer.update(this.parameters, gradients, learningRate, {
      gradientScale: clipScale(norm, config.clipNorm),
      average: this.average,
    });
    this.#step++;
    this.options.onStep?.({
      step: this.#step,
      family: family.key,
      loss,
      gradientNorm: norm,
      learningRate,
      durationMs: performance.now() - started,
    });
  }

  /** Before the parameters move: a checkpoint must never hold what a broken gradient left. */
  #ensureSound(loss: number, gradientNorm: number): void {
    const recent = this.#recentLoss ?? loss;
    const exploded = loss > DIVERGENCE_FACTOR * recent;
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm) || exploded) {
      throw new WeightspringError(
        'diverged',
        `the loss became ${loss} with a gradient of norm ${gradientNorm} at step ${this.#step + 1}; the last good checkpoint is in ` +
          `${this.options.runDir}: resume from it with a lower learning rate`,
      );
    }
    this.#recentLoss = 0.98 * recent + 0.02 * loss;
  }

  /** Networks of one family differ in nothing but widths, unless their functions are looked at. */
  async #program(family: Family, arch: Architecture): Promise<GradientFunction> {
    const { prediction, geometry, skip, loss } = this.config;
    const behaviour = this.config.behaviour && { ...this.config.behaviour, architecture: arch };
    const key = behaviour === undefined ? family.key : `${family.key}/${betweenOf(arch)}`;
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    const layout = familyLayout(family, isCanonical(geometry));
    const flowMap = this.config.distil !== undefined;
    const model = { network: this.network, layout, prediction, geometry, skip, flowMap };
    const lossProgram = flowMap ? distilProgram : flowProgram;
    const program = await this.options.engine.compile(
      lossProgram({ model, loss, parameters: this.specs, behaviour }),
    );
    this.#programs.set(key, program);
    return program;
  }

  async #save(): Promise<void> {
    await writeCheckpoint(this.options.runDir, this.specs, {
      step: this.#step,
      parameters: this.parameters,
      average: this.average.state(),
      optimizer: this.optimizer.state(),
      random: this.random.state,
      recentLoss: this.#recentLoss,
    });
  }

  async #restore(): Promise<void> {
    const checkpoint = await readCheckpoint(this.options.runDir, this.specs);
    if (checkpoint === null) return;
    this.#step = checkpoint.step;
    this.parameters.forEach((own, index) => {
      own.set(checkpoint.parameters[index] as Float32Array);
    });
    this.average.restore(checkpoint.average);
    this.optimizer.restore(checkpoint.optimizer);
    this.random.state = checkpoint.random;
    this.#recentLoss = checkpoint.recentLoss;
  }
}

/** What stands between the layers that have neurons: all that a function has beside its weights. */
function betweenOf(arch: Architecture): string {
  const { nodes } = networkOf(arch).graph;
  return JSON.stringify(
    nodes.map(({ layer }) => layer).filter((layer) => layerOf(layer).neurons === 'shares'),
  );
}

/** Rows of features as the networks that points stand for take them. */
function networkInputs({ inputMetric }: Coordinates, rows: Float32Array): Float32Array {
  return inputMetric?.whiten(rows) ?? rows;
}
