import { WeightspringError } from '../../errors.js';
import { formatShape } from '../../onnx/dim.js';
import type { ParameterSource, TensorOps } from '../tensor-ops.js';
import { featureWidth } from './feature-width.js';
import { layerNorm, type LayerNormOptions } from './layer-norm.js';
import { linear } from './linear.js';

/** What a conditioned residual branch needs: `x + gate · branch(normed)`. */
export interface GatedNorm<T> {
  /** Of x's shape. */
  readonly normed: T;
  /** [batch, 1, …, d]: 0 before training, so that the residual block starts as the identity. */
  readonly gate: T;
}

/** No scale and shift: they come from the condition. */
export type AdaptiveLayerNormOptions = Pick<LayerNormOptions<never>, 'epsilon'>;

/**
 * Layer norm whose shift and scale come from a condition: `norm(x)·(1 + scale) + shift` with
 * `[shift, scale] = condition·W + b`.
 *
 * Parameters: the linear map `${name}.modulation` [c, 2d], which starts at zero: plain layer norm.
 *
 * @param x - [batch, …, d], rank ≥ 2
 * @param condition - [batch, c]
 * @see Peebles & Xie 2023, "Scalable diffusion models with transformers", section 3.2
 */
export function adaptiveLayerNorm<T>(
  ops: TensorOps<T>,
  parameter: ParameterSource<T>,
  name: string,
  x: T,
  condition: T,
  options: AdaptiveLayerNormOptions = {},
): T {
  const part = modulation(ops, parameter, name, x, condition, 2);
  return modulated(ops, x, part(0), part(1), options);
}

/**
 * {@link adaptiveLayerNorm} with a gate for the branch that follows (adaLN-zero).
 *
 * Parameters: the linear map `${name}.modulation` [c, 3d] for shift, scale and gate.
 */
export function gatedAdaptiveLayerNorm<T>(
  ops: TensorOps<T>,
  parameter: ParameterSource<T>,
  name: string,
  x: T,
  condition: T,
  options: AdaptiveLayerNormOptions = {},
): GatedNorm<T> {
  const part = modulation(ops, parameter, name, x, condition, 3);
  return { normed: modulated(ops, x, part(0), part(1), options), gate: part(2) };
}

function modulated<T>(
  ops: TensorOps<T>,
  x: T,
  shift: T,
  scale: T,
  options: AdaptiveLayerNormOptions,
): T {
  return layerNorm(ops, x, { ...options, scale: ops.add(scale, ops.constant(1)), shift });
}

/** Maps the condition to `parts` vectors of x's width, each [batch, 1, …, d] of x's rank. */
function modulation<T>(
  ops: TensorOps<T>,
  parameter: ParameterSource<T>,
  name: string,
  x: T,
  condition: T,
  parts: number,
): (index: number) => T {
  const width = featureWidth(ops, name, x);
  const [batch, ...rest] = ops.shape(condition);
  if (batch === undefined || rest.length !== 1) {
    throw new WeightspringError(
      'shape-mismatch',
      `${name} expects a condition [batch, c], got ${formatShape(ops.shape(condition))}`,
    );
  }
  const all = linear(ops, parameter, `${name}.modulation`, condition, parts * width, {
    init: 'zeros',
  });
  const ones = new Array<number>(ops.shape(x).length - 2).fill(1);
  return (index) => ops.reshape(ops.slice(all, 1, index * width, width), [batch, ...ones, width]);
}
