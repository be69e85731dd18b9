import { FLOW_TRAINING_DEFAULTS } from '../training/flow-training-config.js';

/** What `train` takes where nothing is said, of what `--quick` changes. */
export const TRAIN_DEFAULTS = {
  batch: FLOW_TRAINING_DEFAULTS.batchSize,
  steps: FLOW_TRAINING_DEFAULTS.steps,
  learningRate: FLOW_TRAINING_DEFAULTS.learningRate,
  samplingSteps: 8,
} as const;

/**
 * What `--quick` takes instead: a velocity network and batches so small that thousands of updates
 * take a minute. Chosen for the spirals, by the accuracy of samples on their validation part.
 */
export const QUICK_DEFAULTS = {
  width: 32,
  blocks: 2,
  batch: 8,
  steps: 2400,
  learningRate: 1e-2,
  samplingSteps: 4,
} as const;

interface QuickFlag {
  readonly quick?: true;
}

/** The flags with their defaults, which `--quick` changes. */
export function withTrainDefaults<T extends QuickFlag>(flags: T) {
  return { ...TRAIN_DEFAULTS, ...(flags.quick === true ? QUICK_DEFAULTS : {}), ...flags };
}

/** `--quick`, spelt out. */
export function quickFlags(): string {
  return Object.entries(QUICK_DEFAULTS)
    .map(([name, value]) => `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)} ${value}`)
    .join(' ');
}
