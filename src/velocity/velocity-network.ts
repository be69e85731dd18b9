import type { Point } from '../network/point-layout.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import type { ServedFamilies } from './served-families.js';

/** A network of the vector field, written once over {@link TensorOps}. */
export interface VelocityNetwork {
  /** The architectures that one set of parameters serves. */
  readonly served: ServedFamilies;

  /**
   * The output F at a point; flow/prediction.ts makes an end point or a velocity of it.
   *
   * @param point - x_t in standardised coordinates, of a family that is served
   * @param t - [batch], times in [0, 1)
   * @returns tensors of the same number and shapes as those of the point
   * @throws WeightspringError `unsupported-architecture` for a point of another architecture
   */
  predict<T>(ops: TensorOps<T>, parameter: ParameterSource<T>, point: Point<T>, t: T): readonly T[];
}
