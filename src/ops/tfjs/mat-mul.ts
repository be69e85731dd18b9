import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { WeightspringError } from '../../errors.js';
import { matMulShape, sizeOf } from '../shape-rules.js';
import { broadcast } from './broadcast.js';
import type { TensorFlow } from './tensor-flow.js';

/**
 * Name of our kernel: an untransposed product with its own gradient.
 *
 * The library's gradient multiplies with transposed operands, for which its wasm kernel uses a
 * naive loop, about eight times slower than transposing first and multiplying then. A registered
 * gradient, unlike `tf.customGrad`, is evaluated per operand, so none is computed for data; and
 * unlike replacing the `BatchMatMul` gradient, it does not affect other users of the library.
 */
const KERNEL = 'WeightspringMatMul';

/** Makes {@link matMul} available on the current backend. May be called again. */
export function registerMatMul(tf: TensorFlow): void {
  const backendName = tf.getBackend();
  if (isMissing(tf.getKernel(KERNEL, backendName))) {
    tf.registerKernel({
      kernelName: KERNEL,
      backendName,
      kernelFunc: ({ inputs, backend }): TensorInfo | TensorInfo[] =>
        tf.getKernel('BatchMatMul', backendName).kernelFunc({
          inputs,
          backend,
          attrs: { transposeA: false, transposeB: false },
        }),
    });
  }
  if (isMissing(tf.getGradient(KERNEL))) {
    tf.registerGradient({
      kernelName: KERNEL,
      inputsToSave: ['a', 'b'],
      gradFunc: (dy, [a, b]) => {
        if (Array.isArray(dy) || a === undefined || b === undefined) {
          throw new WeightspringError('internal', `${KERNEL} has two operands and one result`);
        }
        return {
          a: () => product(tf, dy, transposed(tf, b)),
          b: () => product(tf, transposed(tf, a), dy),
        };
      },
    });
  }
}

/** `[…, m, k] × […, k, n] → […, m, n]`, leading axes broadcast; differentiable. */
export function matMul(tf: TensorFlow, a: Tensor, b: Tensor): Tensor {
  const shape = matMulShape(a.shape, b.shape);
  const batch = shape.slice(0, -2);
  const [m = 0, n = 0] = shape.slice(-2);
  const [k = 0] = a.shape.slice(-1);
  if (sizeOf(b.shape.slice(0, -2)) === 1) {
    // One matrix for all rows of a: a single product, and no sum over the batch in its gradient.
    const rows = tf.reshape(a, [sizeOf(a.shape.slice(0, -1)), k]);
    return tf.reshape(product(tf, rows, tf.reshape(b, [k, n])), [...shape]);
  }
  return product(tf, broadcast(tf, a, [...batch, m, k]), broadcast(tf, b, [...batch, k, n]));
}

function product(tf: TensorFlow, a: Tensor, b: Tensor): Tensor {
  return tf.engine().runKernel(KERNEL, { a, b });
}

function transposed(tf: TensorFlow, x: Tensor): Tensor {
  const batchAxes = Array.from({ length: x.rank - 2 }, (_, axis) => axis);
  return tf.transpose(x, [...batchAxes, x.rank - 1, x.rank - 2]);
}

/** The library's lookups return undefined for unknown names, which its types leave out. */
function isMissing(entry: unknown): boolean {
  return entry === undefined;
}
