import type { TensorOps } from '../tensor-ops.js';

/**
 * `x W + b`, as one operation if the interpreter has one.
 *
 * @param x - [..., N, fanIn]
 * @param weight - [..., fanIn, fanOut]
 * @param bias - [fanOut], or [..., 1, fanOut] for stacks
 * @returns [..., N, fanOut]
 */
export function affine<T>(ops: TensorOps<T>, x: T, weight: T, bias: T): T {
  return ops.affine?.(x, weight, bias) ?? ops.add(ops.matMul(x, weight), bias);
}
