import type { WeightSpace } from '../flow/weight-space.js';
import type { Trace } from './probes.js';

/** The likelihood of one network; densities in nats. */
export interface NetworkLikelihood {
  /**
   * `priorLogDensity − traceIntegral − logVolumeScale`: for a Euclidean flow the density of the
   * weights, for a Geometric flow that of the canonical form, with spheres of radius 1 (neurons)
   * and √C (last weight matrix), biases, and the log of the last layer's scale.
   */
  readonly logDensity: number;
  /** `−logDensity / (dimension · ln 2)` */
  readonly bitsPerDimension: number;
  /** Bits per dimension of the network itself under the prior: the baseline for the flow. */
  readonly priorBitsPerDimension: number;
  /**
   * Standard error of logDensity over the probes: 0 for the exact trace, null for a single probe.
   */
  readonly standardError: number | null;
  /** `log p_0(x_0)`, in the flow's own coordinates of unit variance. */
  readonly priorLogDensity: number;
  /** `∫₀¹ tr(∂v/∂x) dt` */
  readonly traceIntegral: number;
  /** `log dV_w / dV_x`: from the flow's coordinates to those of the weights. */
  readonly logVolumeScale: number;
  /** Dimension of the manifold on which the density is defined. */
  readonly dimension: number;
  /** Number of trajectories followed. */
  readonly probes: number;
  /**
   * If the flow truncates its inputs, and so gives the density of the truncated network: the
   * fraction of the network's input weights left out, `‖(I − E Eᵀ) W‖ / ‖W‖`.
   */
  readonly inputResidual?: number;
  /**
   * Whether that is more than for any network of the zoo: the density then says nothing about this
   * network.
   */
  readonly isOutsideSupport?: boolean;
}

/** `log p_0` of x_0, to which the flow maps a network, and of x_1, the network. */
export interface PriorLogDensities {
  readonly atStart: number;
  readonly atNetwork: number;
}

/**
 * The likelihood from the integrals along every probe: their sum over a basis, their mean over
 * random ones.
 */
export function summariseProbes(
  space: WeightSpace,
  { atStart, atNetwork }: PriorLogDensities,
  integrals: Float64Array,
  trace: Trace,
): NetworkLikelihood {
  const { logVolumeScale, manifoldDimension: dimension } = space;
  const total = integrals.reduce((sum, value) => sum + value, 0);
  const traceIntegral = trace === 'exact' ? total : total / integrals.length;
  const logDensity = atStart - traceIntegral - logVolumeScale;
  const bits = (nats: number): number => -nats / (dimension * Math.LN2);
  return {
    logDensity,
    bitsPerDimension: bits(logDensity),
    priorBitsPerDimension: bits(atNetwork - logVolumeScale),
    standardError: trace === 'exact' ? 0 : standardErrorOfMean(integrals),
    priorLogDensity: atStart,
    traceIntegral,
    logVolumeScale,
    dimension,
    probes: integrals.length,
  };
}

function standardErrorOfMean(values: Float64Array): number | null {
  const { length } = values;
  if (length < 2) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (length - 1) / length);
}
