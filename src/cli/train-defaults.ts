import type { FlowGeometry } from '../flow/geometry.js';
import type { LossMean } from '../flow/losses/average.js';
import type { PriorKind } from '../flow/matched-prior.js';
import type { Prediction, Skip } from '../flow/prediction.js';
import type { TimeGrid } from '../flow/solvers/time-grid.js';
import { FLOW_TRAINING_DEFAULTS, MANY_FEATURES } from '../training/flow-training-config.js';
import type { InputMetricChoice } from './input-metric.js';

/** The flags of `train` whose defaults depend on others, or on the zoo. */
export interface DefaultedFlags {
  readonly batch: number;
  readonly steps: number;
  readonly learningRate: number;
  readonly samplingSteps: number;
  readonly samplingTimeGrid: TimeGrid;
  readonly lossMean: LossMean;
  readonly skip: Skip;
  readonly prior: PriorKind;
  readonly inputMetric: InputMetricChoice;
}

/** Defaults for networks of few features. */
export const TRAIN_DEFAULTS: DefaultedFlags = {
  batch: FLOW_TRAINING_DEFAULTS.batchSize,
  steps: FLOW_TRAINING_DEFAULTS.steps,
  learningRate: FLOW_TRAINING_DEFAULTS.learningRate,
  samplingSteps: 8,
  samplingTimeGrid: 'uniform',
  lossMean: 'tensors',
  skip: 'all',
  prior: 'uniform',
  inputMetric: 'none',
};

/**
 * Defaults that differ for networks of {@link MANY_FEATURES} or more: a neuron then has more weights
 * than a token has features, and most of them see what is nearly constant in the data.
 *
 * @see docs/decisions/0031-reduced-networks.md and 0036
 */
export function reducedDefaults(
  geometry: FlowGeometry,
): Omit<DefaultedFlags, 'batch' | 'steps'> & { readonly behaviour: number } {
  return {
    inputMetric: 'auto',
    prior: 'matched',
    behaviour: 0.5,
    skip: geometry === 'geometric' ? 'inner' : 'biases',
    lossMean: geometry === 'euclidean' ? 'tensors' : 'coordinates',
    learningRate: 3e-3,
    samplingTimeGrid: 'early',
    samplingSteps: 4,
  };
}

/**
 * Of networks that read images, which are reduced whatever their number of features: a row takes
 * longer, 64 of them 2.2 times as long as 16 (flow of `mnist-cnn`, batches of 64).
 */
export const IMAGE_DEFAULTS = { behaviourRows: 32 } as const;

/**
 * Defaults with `--quick`: a velocity network and batches small enough for thousands of updates per
 * minute. Chosen on the spirals, by the validation accuracy of samples.
 */
export const QUICK_DEFAULTS = {
  width: 32,
  blocks: 2,
  batch: 8,
  steps: 2400,
  learningRate: 1e-2,
  samplingSteps: 4,
} as const;

/** What the defaults depend on. */
interface Choices {
  readonly geometry: FlowGeometry;
  readonly prediction: Prediction;
  readonly quick?: true;
  readonly distil?: string;
}

/** What the defaults depend on, of the networks of a zoo. */
export interface ZooInputs {
  readonly features: number;
  /**
   * Of networks that read images, whether their convolutions read the same patches, which an input
   * metric can measure. Default: they read rows of features.
   */
  readonly images?: { readonly havePatches: boolean } | undefined;
}

/** The flags with their defaults. */
export function withTrainDefaults<T extends Choices>(flags: T, { features, images }: ZooInputs) {
  const { geometry, prediction, quick, distil } = flags;
  // What is distilled decides itself what its points are, and other predictions have no skip.
  const isLearnt = distil === undefined && prediction === 'endpoint';
  const isReduced = isLearnt && (features >= MANY_FEATURES || images !== undefined);
  return {
    ...TRAIN_DEFAULTS,
    ...(isReduced ? reducedDefaults(geometry) : {}),
    ...(isReduced && images !== undefined ? IMAGE_DEFAULTS : {}),
    ...(images?.havePatches === false ? { inputMetric: 'none' as const } : {}),
    ...(quick === true ? QUICK_DEFAULTS : {}),
    ...flags,
  };
}

/** The flags that `--quick` stands for. */
export function quickFlags(): string {
  return Object.entries(QUICK_DEFAULTS)
    .map(([name, value]) => `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)} ${value}`)
    .join(' ');
}
