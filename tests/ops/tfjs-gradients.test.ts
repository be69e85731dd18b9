import { beforeAll, describe, expect, it } from 'vitest';
import { ReferenceOps } from '../../src/ops/reference-ops.js';
import { TfjsOps, type TensorFlow } from '../../src/ops/tfjs-ops.js';
import { Random } from '../../src/random.js';
import { loadTfjs } from '../../src/training/tfjs-backend.js';
import { centralDifferences, deviation, dot, uniformTensor } from './finite-differences.js';
import { GRADIENT_CASES } from './gradient-cases.js';

/** On wasm, the backend that is always there, where kernels or gradients could be missing. */
describe('TfjsOps gradients on wasm', () => {
  const reference = new ReferenceOps();
  let tf: TensorFlow;
  let ops: TfjsOps;
  beforeAll(async () => {
    ({ tf } = await loadTfjs({ backends: ['tfjs-wasm'], log: () => undefined }));
    ops = new TfjsOps(tf);
  });

  describe.each(Object.entries(GRADIENT_CASES))('of %s', (_, cases) => {
    it.each(cases)('agree with central differences for $shapes (1e-4)', (gradientCase) => {
      const { shapes, compute, range } = gradientCase;
      const random = new Random(2, 'tfjs gradient', shapes.join(';'));
      const inputs = shapes.map((shape) => uniformTensor(random, shape, range));
      const cotangent = uniformTensor(random, compute(reference, inputs).shape);
      const expected = centralDifferences((xs) => dot(compute(reference, xs), cotangent), inputs);
      const actual = tf.tidy(() => {
        const variables = inputs.map(({ data, shape }) =>
          tf.tensor(Float32Array.from(data), [...shape]),
        );
        const weights = tf.tensor(Float32Array.from(cotangent.data), [...cotangent.shape]);
        const loss = () => ops.sum(ops.mul(compute(ops, variables), weights));
        const { grads } = tf.engine().gradients(loss, variables, undefined, true);
        return variables.map((variable, i) => {
          const gradient = (grads as readonly (typeof variable | undefined)[])[i];
          return (gradient ?? tf.zerosLike(variable)).dataSync();
        });
      });
      actual.forEach((gradient, i) => {
        expect(deviation(gradient, expected[i]!)).toBeLessThan(1e-4);
      });
    });
  });

  it('of maximum go to the second operand where both are equal', () => {
    const gradients = tf.tidy(() => {
      const both = [tf.tensor([2, 1, 0]), tf.tensor([2, 0, 1])];
      return tf
        .grads((a, b) => ops.sum(ops.maximum(a, b)))(both)
        .map((g) => [...g.dataSync()]);
    });
    expect(gradients).toEqual([
      [0, 1, 0],
      [1, 0, 1],
    ]);
  });

  it('of matMul compute nothing for operands that are data', () => {
    const counted = countingKernels(tf, () => {
      tf.tidy(() => {
        const data = tf.ones([5, 3]);
        const w = tf.ones([3, 2]);
        return tf.grad((v) => ops.sum(ops.matMul(data, v)))(w);
      });
    });
    // The product itself and the gradient by w, none by the data.
    expect(counted.get('WeightspringMatMul')).toBe(2);
    expect(counted.get('BatchMatMul')).toBeUndefined();
  });
});

/** How often each kernel ran. */
function countingKernels(tf: TensorFlow, run: () => void): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const engine = tf.engine();
  const original = engine.runKernel.bind(engine);
  engine.runKernel = (name, inputs, attributes) => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return original(name, inputs, attributes);
  };
  try {
    run();
  } finally {
    engine.runKernel = original;
  }
  return counts;
}
