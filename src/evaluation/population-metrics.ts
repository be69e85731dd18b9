import type { ClassificationMetrics } from '../zoo/metrics.js';

/** Mean, sample standard deviation (n − 1; 0 for one value) and smallest of some rates. */
export interface Spread {
  readonly mean: number;
  readonly std: number;
  readonly min: number;
}

/** How the networks of a population do on the test part, network by network. */
export interface PopulationMetrics {
  /** Part of the rows that are right, in [0, 1]; `min` is the worst network. */
  readonly accuracy: Spread;
  /** In nats. */
  readonly crossEntropy: { readonly mean: number };
  /** Expected calibration error, in [0, 1]. */
  readonly ece: { readonly mean: number };
}

/** A population of trained networks and their number. */
export interface TrainedMetrics extends PopulationMetrics {
  readonly runs: number;
}

/**
 * Summarises the metrics of several networks.
 *
 * @param metrics - of one network each, at least one
 */
export function populationMetrics(metrics: readonly ClassificationMetrics[]): PopulationMetrics {
  return {
    accuracy: spread(metrics.map(({ accuracy }) => accuracy)),
    crossEntropy: { mean: mean(metrics.map(({ crossEntropy }) => crossEntropy)) },
    ece: { mean: mean(metrics.map(({ ece }) => ece)) },
  };
}

/** The arithmetic mean; NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function spread(values: readonly number[]): Spread {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return {
    mean: centre,
    std: Math.sqrt(squares / Math.max(1, values.length - 1)),
    min: Math.min(...values),
  };
}
