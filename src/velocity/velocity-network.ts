import type { Point } from '../network/point-layout.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import type { ServedFamilies } from './served-families.js';

/**
 * A vector of `width` numbers from which a linear map reads the output for one hidden neuron, or for
 * the whole point: an output with more coordinates lies in a subspace of this dimension.
 */
export interface Bottleneck {
  readonly per: 'neuron' | 'point';
  readonly width: number;
}

/** A network of the vector field, written once over {@link TensorOps}. */
export interface VelocityNetwork {
  /** The architectures that one set of parameters serves. */
  readonly served: ServedFamilies;
  /** The vector that all output for a neuron or a whole point passes through; absent without one. */
  readonly bottleneck?: Bottleneck;

  /**
   * The output F at a point; flow/prediction.ts makes an end point or a velocity of it.
   *
   * @param point - x_t in standardised coordinates, of a family that is served
   * @param t - [batch], times in [0, 1)
   * @param until - [batch], the second time of a flow map, in [t, 1]: only then the network has
   *   parameters for it
   * @returns tensors of the same number and shapes as those of the point
   * @throws WeightspringError `unsupported-architecture` for a point of another architecture
   */
  predict<T>(
    ops: TensorOps<T>,
    parameter: ParameterSource<T>,
    point: Point<T>,
    t: T,
    until?: T,
  ): readonly T[];
}
