import type { Tensor } from '@tensorflow/tfjs-core';
import { WeightspringError } from '../../errors.js';
import type { TensorFlow } from './tensor-flow.js';

/**
 * The maximum over `axes`, which stay with size 1. Equal maxima share the gradient; the library's
 * own gradient gives all of it to each.
 */
export function maxOver(tf: TensorFlow, x: Tensor, axes: readonly number[]): Tensor {
  const largest = tf.customGrad((input, save) => {
    if (!(input instanceof tf.Tensor) || typeof save !== 'function') {
      throw new WeightspringError('internal', 'max has one operand');
    }
    const value = tf.max(input, [...axes], true);
    save([input, value]);
    return { value, gradFunc: (dy, saved) => gradient(tf, dy, saved, axes) };
  });
  return largest(x);
}

function gradient(
  tf: TensorFlow,
  dy: Tensor,
  [x, value]: readonly Tensor[],
  axes: readonly number[],
): Tensor {
  if (x === undefined || value === undefined) {
    throw new WeightspringError('internal', 'the gradient of max needs its operand and result');
  }
  const isLargest = tf.cast(tf.equal(x, value), 'float32');
  return tf.mul(isLargest, tf.div(dy, tf.sum(isLargest, [...axes], true)));
}
