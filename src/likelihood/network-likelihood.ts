import type { WeightSpace } from '../flow/weight-space.js';
import type { Trace } from './probes.js';

/** The likelihood of one network; densities in nats. */
export interface NetworkLikelihood {
  /**
   * `priorLogDensity − traceIntegral − logVolumeScale`: of a Euclidean flow the density of the
   * weights; of a Geometric one that of the canonical form, with spheres of radius 1 (neurons) and
   * √C (last weight matrix), biases, and the log of the last layer's scale.
   */
  readonly logDensity: number;
  /** `−logDensity / (dimension · ln 2)` */
  readonly bitsPerDimension: number;
  /** Bits per dimension of the network itself under the prior: what the flow has to improve on. */
  readonly priorBitsPerDimension: number;
  /** Of logDensity over the probes: 0 for the exact trace, null for a single probe. */
  readonly standardError: number | null;
  /** `log p_0(x_0)`, in the flow's own coordinates of unit variance. */
  readonly priorLogDensity: number;
  /** `∫₀¹ tr(∂v/∂x) dt` */
  readonly traceIntegral: number;
  /** `log dV_w / dV_x`: from the flow's coordinates to those of the weights. */
  readonly logVolumeScale: number;
  /** Of the manifold that the density lives on. */
  readonly dimension: number;
  /** Trajectories that were followed. */
  readonly probes: number;
  /**
   * Where the flow truncates its inputs, and so gives the density of the truncated network: the share
   * of the network's input weights that was left out, `‖(I − E Eᵀ) W‖ / ‖W‖`.
   */
  readonly inputResidual?: number;
  /** Whether that is more than of any network of the zoo: the flow says nothing of this one. */
  readonly isOutsideSupport?: boolean;
}

/** `log p_0` of x_0, where the flow carries a network to, and of x_1, the network. */
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
