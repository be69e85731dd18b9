import { ensure } from '../errors.js';
import type { CouplingKind } from '../flow/couplings/registry.js';
import type { FlowGeometry } from '../flow/geometry.js';
import type { InputMetric } from '../flow/input-metric.js';
import type { PopulationGroup } from '../flow/tensor-scales.js';
import type { PriorKind } from '../flow/matched-prior.js';
import type { LossMean } from '../flow/losses/average.js';
import type { FlowLoss } from '../flow/losses/registry.js';
import type { Prediction, Skip } from '../flow/prediction.js';
import type { TimeDistribution } from '../flow/time-distribution.js';
import type { VelocityConfig } from '../velocity/create-velocity-network.js';
import type { Schedule } from './schedules.js';
import type { DistilConfig, Teacher } from './teacher.js';

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
  /** What the loss is the mean over. Default `tensors`. */
  readonly lossMean?: LossMean | undefined;
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
  /** Ends training, and chooses parameters, by runs that it does not learn from. Default: none. */
  readonly heldOut?: HeldOutConfig | undefined;
}

/** How runs that training does not learn from decide when it ends. */
export interface HeldOutConfig {
  /** Of the runs of each architecture, in (0, 1). */
  readonly fraction: number;
  /** Updates between two measurements. */
  readonly every: number;
  /** Measurements in a row without a lower loss that end training. */
  readonly patience: number;
}

/** How much predicted end points are judged by what their networks say, and on how much data. */
export interface BehaviourConfig {
  /** β */
  readonly weight: number;
  /** M, rows of the training part in a batch. */
  readonly rows: number;
}

/** From so many features on, networks are reduced and judged by what they say. */
export const MANY_FEATURES = 100;

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

/** What a configuration needs beside the population. */
export interface RecipeData {
  /** Of the rank that the configuration names. */
  readonly inputMetric?: InputMetric | undefined;
  /** Standardised rows of the training part, [n, d], row-major: for a behaviour loss. */
  readonly rows?: Float32Array | undefined;
  /** That the configuration names: for a flow map. */
  readonly teacher?: Teacher | undefined;
  /** Networks of the runs that are held out, all of architectures that are trained on. */
  readonly heldOut?: readonly PopulationGroup[] | undefined;
}

/** @throws WeightspringError `invalid-argument` for choices that do not go together */
export function checkRecipe(
  { prediction, skip = 'all', inputMetric, behaviour, distil, heldOut }: FlowTrainingConfig,
  data: RecipeData,
): void {
  ensure(
    prediction === 'endpoint' || skip === 'all',
    'invalid-argument',
    () => `--skip ${skip} is for predicted end points: take --prediction endpoint with it`,
    '--skip',
  );
  ensure(
    inputMetric === data.inputMetric?.rank,
    'invalid-argument',
    () => `expected an input metric of rank ${inputMetric ?? 'none'}`,
    'inputMetric',
  );
  ensure(
    behaviour === undefined || (data.rows?.length ?? 0) > 0,
    'invalid-argument',
    () => 'a behaviour loss needs rows of the training part, got none',
    'rows',
  );
  ensure(
    (distil === undefined) === (data.teacher === undefined),
    'invalid-argument',
    () => `expected the teacher ${distil?.teacher ?? 'none'}`,
    'teacher',
  );
  ensure(
    heldOut === undefined || distil === undefined,
    'invalid-argument',
    () => 'expected no held-out runs for a flow map, which learns from its teacher',
    '--held-out',
  );
  const held = data.heldOut?.reduce((sum, { networks }) => sum + networks.length, 0) ?? 0;
  ensure(
    (heldOut !== undefined) === held > 0,
    'invalid-argument',
    () =>
      heldOut === undefined
        ? `expected no held-out networks without a rule for them, got ${held}`
        : 'a training that ends by held-out runs needs some, got none',
    '--held-out',
  );
}
