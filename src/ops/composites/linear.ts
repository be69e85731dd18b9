import type { ParameterInit, ParameterSource, TensorOps } from '../tensor-ops.js';
import { featureWidth } from './feature-width.js';

export interface LinearOptions {
  /** Adds a bias; default true. */
  readonly bias?: boolean;
  /**
   * Initialisation of the weight: 'normal' with standard deviation 1/√in (default), 'zeros', or
   * 'output' for the output of a network.
   */
  readonly init?: 'normal' | 'zeros' | 'output';
}

/**
 * An affine map of the last axis, `y = x·W + b`.
 *
 * Parameters: `${name}.weight` [in, out] and `${name}.bias` [out], which starts at zero.
 *
 * @param x - […, in], rank ≥ 2, with a numeric last dimension
 * @returns […, outFeatures]
 * @throws WeightspringError `shape-mismatch` when the last dimension of x is symbolic
 */
export function linear<T>(
  ops: TensorOps<T>,
  parameter: ParameterSource<T>,
  name: string,
  x: T,
  outFeatures: number,
  options: LinearOptions = {},
): T {
  const inFeatures = featureWidth(ops, name, x);
  const init: ParameterInit =
    options.init === 'zeros' || options.init === 'output'
      ? { kind: options.init }
      : { kind: 'normal', std: 1 / Math.sqrt(inFeatures) };
  const product = ops.matMul(x, parameter(`${name}.weight`, [inFeatures, outFeatures], init));
  if (options.bias === false) return product;
  return ops.add(product, parameter(`${name}.bias`, [outFeatures], { kind: 'zeros' }));
}
