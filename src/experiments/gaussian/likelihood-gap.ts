import { networkOf } from '../../network/network.js';
import { mean, spread } from '../../evaluation/population-metrics.js';
import type { LikelihoodFlow } from '../../likelihood/likelihood-flow.js';
import type { LikelihoodOptions } from '../../likelihood/likelihood-options.js';
import { logLikelihood } from '../../likelihood/log-likelihood.js';
import type { Watcher } from '../../pace.js';
import { Random } from '../../random.js';
import { oneArchitecture } from '../../velocity/served-families.js';
import { exactField } from './exact-flow.js';
import { GAUSSIAN_ARCHITECTURE, TARGET_MEAN, UNIT_COORDINATES } from './train-gaussian.js';

/** Log densities of fresh points of the target under a flow and under the target itself, in nats. */
export interface LikelihoodGap {
  readonly points: number;
  readonly probes: number;
  /** Dimension of a point. */
  readonly dimension: number;
  /** Mean log density of the target. */
  readonly exact: number;
  /** Mean log density of the flow. */
  readonly flow: number;
  /** Mean of the difference: an estimate of KL(target ‖ flow). */
  readonly gap: number;
  /**
   * Standard error of the gap over the points; their probes differ, so it includes the error of the
   * trace.
   */
  readonly standardError: number;
  /** Largest absolute difference at one point. */
  readonly largest: number;
}

export interface LikelihoodGapOptions extends Watcher {
  readonly points: number;
  readonly seed: number;
  /** Default: the defaults of `logLikelihood`. */
  readonly likelihood?: Partial<LikelihoodOptions>;
}

/** The gap between the density of a flow and the N(1, 1) that it was trained on. */
export async function likelihoodGap(
  flow: LikelihoodFlow,
  { points, seed, likelihood = {}, ...watcher }: LikelihoodGapOptions,
): Promise<LikelihoodGap> {
  const random = new Random(seed, 'points to judge');
  const dimension = networkOf(GAUSSIAN_ARCHITECTURE).parameters;
  const deviations = Array.from({ length: points }, () => random.normals(dimension));
  const results = await logLikelihood(
    flow,
    deviations.map((deviation) => ({
      architecture: GAUSSIAN_ARCHITECTURE,
      weights: deviation.map((value) => value + TARGET_MEAN),
    })),
    { ...likelihood, seed },
    watcher,
  );
  const exact = deviations.map(logDensityOf);
  const gaps = results.map(({ logDensity }, index) => (exact[index] as number) - logDensity);
  const { mean: gap, std } = spread(gaps);
  return {
    points,
    probes: results[0]?.probes ?? 0,
    dimension,
    exact: mean(exact),
    flow: mean(results.map(({ logDensity }) => logDensity)),
    gap,
    standardError: std / Math.sqrt(points),
    largest: Math.max(...gaps.map(Math.abs)),
  };
}

/** The exact field as a flow without parameters. */
export function exactLikelihoodFlow(): LikelihoodFlow {
  return {
    model: {
      network: {
        served: oneArchitecture(GAUSSIAN_ARCHITECTURE),
        predict: (ops, _parameter, point, t) => exactField(ops, TARGET_MEAN)(point.tensors, t),
      },
      prediction: 'velocity',
      geometry: 'euclidean',
    },
    parameters: new Map(),
    coordinates: UNIT_COORDINATES,
    activations: [GAUSSIAN_ARCHITECTURE.activation],
  };
}

/** Log density of standard normal deviations. */
function logDensityOf(deviations: Float32Array): number {
  const squares = deviations.reduce((sum, value) => sum + value * value, 0);
  return -0.5 * (squares + deviations.length * Math.log(2 * Math.PI));
}
