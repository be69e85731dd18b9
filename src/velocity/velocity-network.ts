import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import type { ServedArchitectures } from './served-architectures.js';

/**
 * A network of the vector field, written once over {@link TensorOps}.
 *
 * A point is a list of tensors in the order `w1, b1, …, wL, bL` with a leading batch axis,
 * `w_l: [batch, d_{l−1}, d_l]`, `b_l: [batch, d_l]`, in standardised coordinates. Flows of canonical
 * forms add one last tensor `s: [batch, 1]`, the log of the last layer's scale.
 */
export interface VelocityNetwork {
  /** The architectures that one set of parameters serves. */
  readonly served: ServedArchitectures;

  /**
   * The output F at a point; flow/prediction.ts makes an end point or a velocity of it.
   *
   * @param point - the tensors of x_t
   * @param t - [batch], times in [0, 1)
   * @returns tensors of the same number and shapes as `point`
   * @throws WeightspringError `unsupported-architecture` for a point of another architecture
   */
  predict<T>(
    ops: TensorOps<T>,
    parameter: ParameterSource<T>,
    point: readonly T[],
    t: T,
  ): readonly T[];
}

/** Number of hidden layers of a point with `tensors` tensors: two per layer, perhaps a scale. */
export function hiddenLayersOfPoint(tensors: number): number {
  return Math.floor(tensors / 2) - 1;
}

/** Whether a point ends with the log of the last layer's scale. */
export function hasScaleCoordinate(tensors: number): boolean {
  return tensors % 2 === 1;
}
