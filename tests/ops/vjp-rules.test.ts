import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { vjp } from '../../src/ops/differentiate.js';
import { VJP_RULES, type VjpRules } from '../../src/ops/differentiate/vjp-rules.js';
import { ReferenceOps, tensor, type ReferenceTensor } from '../../src/ops/reference-ops.js';
import { TfjsOps } from '../../src/ops/tfjs-ops.js';
import { replay, Tracer, type Expression } from '../../src/ops/trace.js';
import { Random } from '../../src/random.js';
import { centralDifferences, deviation, dot, uniformTensor } from './finite-differences.js';
import { GRADIENT_CASES, type GradientCase } from './gradient-cases.js';

const reference = new ReferenceOps();

/** A case with values for its inputs and a cotangent for its output. */
function prepared({ shapes, compute, range = [-2, 2] }: GradientCase) {
  const random = new Random(1, 'gradient case', shapes.join(';'));
  const values = shapes.map((shape) => uniformTensor(random, shape, range));
  const cotangent = uniformTensor(random, compute(reference, values).shape);
  return { values, cotangent };
}

/** Records `wᵀ f(x)` and its gradient; evaluates both on the reference interpreter. */
function recorded({ shapes, compute }: GradientCase, cotangent: ReferenceTensor) {
  const ops = new Tracer();
  const inputs = shapes.map((shape, index) => ops.input(`x${index}`, shape));
  const output = compute(ops, inputs);
  const w = ops.input('w', cotangent.shape);
  const gradients = vjp(ops, [output], [w], inputs);
  const evaluate = (
    expressions: readonly Expression[],
    values: readonly ReferenceTensor[],
    more: readonly (readonly [Expression, ReferenceTensor])[] = [],
  ) =>
    replay(
      expressions,
      reference,
      new Map([...inputs.map((input, i) => [input, values[i]!] as const), [w, cotangent], ...more]),
    );
  return { ops, inputs, w, output, gradients, evaluate };
}

describe.each(Object.entries(GRADIENT_CASES))('the gradient of %s', (_, cases) => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it.each(cases)('agrees with central differences for $shapes (1e-8)', (gradientCase) => {
    const { values, cotangent } = prepared(gradientCase);
    const { gradients, evaluate } = recorded(gradientCase, cotangent);
    const expected = centralDifferences(
      (inputs) => dot(gradientCase.compute(reference, inputs), cotangent),
      values,
    );
    for (const [index, gradient] of evaluate(gradients, values).entries()) {
      expect(gradient.shape).toEqual(values[index]!.shape);
      expect(deviation(gradient.data, expected[index]!)).toBeLessThan(1e-8);
    }
  });

  it.each(cases)('agrees with TensorFlow.js for $shapes (1e-5)', (gradientCase) => {
    const { values, cotangent } = prepared(gradientCase);
    const { gradients, evaluate } = recorded(gradientCase, cotangent);
    const ops = new TfjsOps(tf);
    const tensors = (list: readonly ReferenceTensor[]) =>
      list.map(({ shape, data }) => tf.tensor(Float32Array.from(data), [...shape]));
    const expected = tf.grads((...inputs) => gradientCase.compute(ops, inputs))(
      tensors(values),
      tensors([cotangent])[0],
    );
    for (const [index, gradient] of evaluate(gradients, values).entries()) {
      expect(deviation(gradient.data, expected[index]!.dataSync())).toBeLessThan(1e-5);
    }
  });

  const smooth = cases.filter((gradientCase) => gradientCase.smooth ?? true);
  it.each(smooth)('has a gradient itself, for $shapes (1e-7)', (gradientCase) => {
    const { values, cotangent } = prepared(gradientCase);
    const { ops, inputs, w, gradients, evaluate } = recorded(gradientCase, cotangent);
    const random = new Random(2, 'directions');
    const directions = values.map(({ shape }) => uniformTensor(random, shape));
    const seeds = directions.map(({ shape }, index) => ops.input(`v${index}`, shape));
    const bound = seeds.map((seed, index) => [seed, directions[index]!] as const);
    const second = vjp(ops, gradients, seeds, [...inputs, w]);
    const expected = centralDifferences(
      (moved) =>
        evaluate(gradients, moved.slice(0, -1), [[w, moved.at(-1)!]]).reduce(
          (sum, gradient, index) => sum + dot(gradient, directions[index]!),
          0,
        ),
      [...values, cotangent],
    );
    for (const [index, value] of evaluate(second, values, bound).entries()) {
      expect(deviation(value.data, expected[index]!)).toBeLessThan(1e-7);
    }
  });
});

it('the largest elements share the gradient of max in equal parts, on both sides', async () => {
  await tf.setBackend('cpu');
  const values = [2, -1, 2, 2, 0, 1];
  const shares = [1 / 3, 0, 1 / 3, 1 / 3, 0, 0];
  const ops = new Tracer();
  const x = ops.input('x', [6]);
  const [gradient] = vjp(ops, [ops.max(x)], [ops.constant(1)], [x]);
  const [own] = replay([gradient!], reference, new Map([[x, tensor(values)]]));
  expect(deviation(own!.data, shares)).toBeLessThan(1e-12);
  const theirs = tf.grad((input) => new TfjsOps(tf).max(input))(tf.tensor(values));
  expect(deviation(theirs.dataSync(), shares)).toBeLessThan(1e-6);
});

it('rules without that of one primitive do not compile', () => {
  const { erf, ...others } = VJP_RULES;
  // @ts-expect-error the type checker of the build says so, not this run
  const incomplete: VjpRules = others;
  expect({ ...incomplete, erf }).toEqual(VJP_RULES);
});
