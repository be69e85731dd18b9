import { WeightspringError } from '../errors.js';
import type { Coordinates } from '../flow/coordinates.js';
import { networkParameters } from '../flow/network-parameters.js';
import type { ParameterSpec } from '../ops/tensor-ops.js';
import { createPace } from '../pace.js';
import { Random } from '../random.js';
import { createVelocityNetwork } from '../velocity/create-velocity-network.js';
import { servedFamily } from '../velocity/served-families.js';
import type { VelocityNetwork } from '../velocity/velocity-network.js';
import { readCheckpoint, writeCheckpoint } from './checkpoint.js';
import type { Engine } from './engine.js';
import { BatchesAhead } from './batches-ahead.js';
import { DrawnInTurn, type BatchSource } from './batch-source.js';
import { DistilBatches } from './distil-batches.js';
import { FlowBatches } from './flow-batches.js';
import { initialiseParameters, startFrom } from './flow-parameters.js';
import { FlowPrograms } from './flow-programs.js';
import type { FlowTrainingConfig } from './flow-training-config.js';
import { HeldOutRuns, type HeldOutRecord } from './held-out.js';
import { ParameterAverage } from './moving-average.js';
import { AdamW } from './optimizers/adamw.js';
import { clipScale, gradientNorm } from './optimizers/gradient-norm.js';
import type { PreparedTraining } from './prepare-training.js';
import { learningRateAt } from './schedules.js';
import type { TrainingRecord } from './training-log.js';

export interface FlowRunOptions {
  readonly engine: Engine;
  /** Where checkpoints go; a run that stands there is continued. */
  readonly runDir: string;
  /** Steps between checkpoints. Default 500. */
  readonly checkpointEvery?: number;
  /**
   * Threads that make batches ahead of the updates, the same ones as without. Default 0: each when
   * it is needed. A flow map has none.
   */
  readonly batchThreads?: number | undefined;
  /** Stops after the step in progress, with a checkpoint. */
  readonly signal?: AbortSignal;
  readonly onStep?: (record: TrainingRecord) => void;
  /** Hears of every measurement on held-out runs. */
  readonly onHeldOut?: (record: HeldOutRecord) => void;
}

export interface TrainedFlow {
  readonly coordinates: Coordinates;
  readonly specs: readonly ParameterSpec[];
  /**
   * Averaged parameters, in the order of `specs`; of a training with held-out runs those of its best
   * measurement.
   */
  readonly parameters: readonly Float32Array[];
  /** Updates done. */
  readonly step: number;
  /** Whether the training ended by itself: false when it was stopped. */
  readonly isComplete: boolean;
  /** The best measurement on held-out runs, if there was any. */
  readonly best?: HeldOutRecord | undefined;
}

/** How far above its recent level a loss may rise before the run counts as diverged. */
const DIVERGENCE_FACTOR = 50;

/** A training that is under way: parameters, what they were updated with, and the state of the data. */
export class FlowRun {
  readonly #programs: FlowPrograms;
  readonly #heldOut: HeldOutRuns | undefined;
  #step = 0;
  #recentLoss: number | null = null;

  private constructor(
    private readonly config: FlowTrainingConfig,
    private readonly network: VelocityNetwork,
    private readonly options: FlowRunOptions,
    private readonly coordinates: Coordinates,
    private readonly specs: readonly ParameterSpec[],
    private readonly parameters: readonly Float32Array[],
    private readonly average: ParameterAverage,
    private readonly optimizer: AdamW,
    private readonly batches: BatchSource,
    { population, heldOut, behaviour }: PreparedTraining,
  ) {
    this.#programs = new FlowPrograms(config, network, specs, options.engine);
    if (config.heldOut === undefined) return;
    const programs = this.#programs;
    this.#heldOut = new HeldOutRuns(config.heldOut, {
      heldOut,
      training: population,
      drawn: { ...config, behaviour },
      lossOf: async (parameters, { architecture, inputs }) => {
        const family = servedFamily(network.served, architecture);
        const program = await programs.of(family, architecture);
        return (await program.evaluate(parameters, inputs)).loss;
      },
    });
  }

  /** Starts a run, or continues that of the folder. */
  static async open(
    prepared: PreparedTraining,
    config: FlowTrainingConfig,
    options: FlowRunOptions,
  ): Promise<FlowRun> {
    const { coordinates, population, behaviour, teaching } = prepared;
    const network = createVelocityNetwork(config.velocity);
    const specs = networkParameters(config.velocity, config.geometry, teaching !== undefined);
    const start =
      teaching === undefined
        ? initialiseParameters(specs, config.seed, config.skip)
        : startFrom(specs, teaching.teacher.parameters, config.seed);
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
    const drawn = { ...config, behaviour };
    const { batchThreads: threads = 0 } = options;
    let batches: BatchSource;
    if (teaching !== undefined) {
      batches = new DrawnInTurn(new DistilBatches(population, drawn, teaching, random), random);
    } else if (threads === 0) {
      batches = new DrawnInTurn(new FlowBatches(population, drawn, random), random);
    } else {
      // Points are those of reduced networks, if there is an input metric.
      const ofPoints = { ...coordinates, inputMetric: undefined };
      const { batchSize, coupling, times } = config;
      batches = new BatchesAhead(population, {
        drawn: { batchSize, coupling, times, behaviour },
        coordinates: ofPoints,
        state: random.state,
        threads,
      });
    }
    const run = new FlowRun(
      config,
      network,
      options,
      coordinates,
      specs,
      parameters,
      average,
      optimizer,
      batches,
      prepared,
    );
    try {
      await run.#restore();
    } catch (error) {
      await run.dispose();
      throw error;
    }
    return run;
  }

  /**
   * Updates to the last step, until held-out runs end it or until the signal is aborted, and keeps a
   * checkpoint.
   */
  async train(): Promise<TrainedFlow> {
    const { signal, checkpointEvery = 500 } = this.options;
    // Engines may answer without leaving the microtask queue; signals need a turn of the loop.
    const pace = createPace();
    while (!this.#isComplete && signal?.aborted !== true) {
      await this.#update();
      await pace();
      const isMeasured = await this.#measure();
      if (isMeasured || this.#step % checkpointEvery === 0) await this.#save();
    }
    await this.#save();
    const best = this.#heldOut?.best;
    return {
      coordinates: this.coordinates,
      specs: this.specs,
      parameters: best?.parameters ?? this.average.values,
      step: this.#step,
      isComplete: this.#isComplete,
      best: best?.record,
    };
  }

  get #isComplete(): boolean {
    return this.#step >= this.config.steps || this.#heldOut?.isSpent(this.#step) === true;
  }

  async dispose(): Promise<void> {
    await this.#programs.dispose();
    await this.batches.dispose();
  }

  async #update(): Promise<void> {
    const started = performance.now();
    const { config } = this;
    const batch = await this.batches.next();
    const family = servedFamily(this.network.served, batch.architecture);
    const program = await this.#programs.of(family, batch.architecture);
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

  /** Whether it was time to measure on held-out runs. */
  async #measure(): Promise<boolean> {
    const { config } = this;
    if (this.#heldOut === undefined || config.heldOut === undefined) return false;
    const isDue = this.#step % config.heldOut.every === 0 || this.#step === config.steps;
    if (!isDue) return false;
    // Not as an argument of the call, which is skipped where nobody listens.
    const record = await this.#heldOut.measure(this.#step, this.average.values);
    this.options.onHeldOut?.(record);
    return true;
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

  async #save(): Promise<void> {
    await writeCheckpoint(this.options.runDir, this.specs, {
      step: this.#step,
      parameters: this.parameters,
      average: this.average.state(),
      optimizer: this.optimizer.state(),
      random: this.batches.state,
      recentLoss: this.#recentLoss,
      best: this.#heldOut?.best,
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
    this.batches.state = checkpoint.random;
    this.#recentLoss = checkpoint.recentLoss;
    this.#heldOut?.restore(checkpoint.best);
  }
}
