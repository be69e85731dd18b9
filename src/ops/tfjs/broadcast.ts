import type { Tensor } from '@tensorflow/tfjs-core';
import { sameShape } from '../../onnx/dim.js';
import type { ConcreteShape } from '../shape-rules.js';
import type { TensorFlow } from './tensor-flow.js';

/**
 * Broadcasts x to a `shape` that must fit. Done as a sum with zeros, because the library's own
 * gradient of tiling slices copy by copy and supports ranks up to 4 only.
 */
export function broadcast(tf: TensorFlow, x: Tensor, shape: ConcreteShape): Tensor {
  return sameShape(x.shape, shape) ? x.clone() : tf.add(x, tf.zeros([...shape]));
}
