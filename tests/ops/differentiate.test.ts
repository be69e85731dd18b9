import { describe, expect, it } from 'vitest';
import type { Shape } from '../../src/onnx/dim.js';
import { multiHeadAttention } from '../../src/ops/composites/attention.js';
import { gelu } from '../../src/ops/composites/activations.js';
import { gatedAdaptiveLayerNorm } from '../../src/ops/composites/adaptive-layer-norm.js';
import { linear } from '../../src/ops/composites/linear.js';
import { meanSquaredError } from '../../src/ops/composites/losses.js';
import { differentiate, vjp } from '../../src/ops/differentiate.js';
import { ReferenceOps, tensor, type ReferenceTensor } from '../../src/ops/reference-ops.js';
import type { ParameterSource, TensorOps } from '../../src/ops/tensor-ops.js';
import { collectParameters, replay, Tracer, type Expression } from '../../src/ops/trace.js';
import { reachable } from '../../src/ops/trace/expression.js';
import { Random } from '../../src/random.js';
import { centralDifferences, deviation, dot, uniformTensor } from './finite-differences.js';

const reference = new ReferenceOps();
const NOTHING_BOUND = new Map<Expression, ReferenceTensor>();

function operations(expressions: readonly Expression[]): readonly string[] {
  return reachable(expressions).map(({ op }) => op);
}

/** A transformer block in small: tokens of two layers, attention, modulation, slots. */
function block<T>(
  ops: TensorOps<T>,
  parameter: ParameterSource<T>,
  [first, second, time]: readonly T[],
): T {
  const width = 4;
  const [batch, hidden] = ops.shape(first!) as [string, string];
  const slots = parameter('slots', [1, 6, width], { kind: 'normal', std: 1 });
  const embedded = ops.add(
    linear(ops, parameter, 'in', first!, width),
    ops.slice(slots, 1, 0, hidden),
  );
  let tokens = ops.concat([embedded, linear(ops, parameter, 'in', second!, width)], 1);
  const { normed, gate } = gatedAdaptiveLayerNorm(ops, parameter, 'norm', tokens, time!);
  const mixed = multiHeadAttention(ops, parameter, 'attention', normed, { heads: 2 });
  tokens = ops.add(tokens, ops.mul(gate, gelu(ops, mixed)));
  const weighted = ops.div(
    ops.slice(tokens, 1, 0, hidden),
    ops.log(ops.add(ops.count(first!, [1]), ops.constant(1))),
  );
  const rest = ops.slice(tokens, 1, hidden, 1);
  return meanSquaredError(ops, weighted, ops.broadcastTo(rest, [batch, hidden, width]));
}

describe('differentiate', () => {
  it.each([
    { batch: 2, hidden: 3 },
    { batch: 1, hidden: 5 },
  ])('gives one recording for all sizes: batch $batch, hidden $hidden (1e-7)', (sizes) => {
    const ops = new Tracer();
    const shapes: Shape[] = [
      ['batch', 'hidden', 3],
      ['batch', 1, 3],
      ['batch', 5],
    ];
    const inputs = shapes.map((shape, index) => ops.input(`x${index}`, shape));
    const specs = collectParameters((tracer, parameter) =>
      block(
        tracer,
        parameter,
        shapes.map((shape, index) => tracer.input(`x${index}`, shape)),
      ),
    );
    const parameters = new Map(specs.map(({ name, shape }) => [name, ops.input(name, shape)]));
    const loss = block(ops, (name) => parameters.get(name)!, inputs);
    const wrt = [...parameters.values(), ...inputs];
    const gradients = differentiate(ops, loss, wrt);

    const random = new Random(3);
    const values = wrt.map(({ shape }) =>
      uniformTensor(
        random,
        shape.map((dim) => (typeof dim === 'number' ? dim : sizes[dim as 'batch' | 'hidden'])),
        [-1, 1],
      ),
    );
    const bind = (list: readonly ReferenceTensor[]) =>
      new Map(wrt.map((input, index) => [input, list[index]!]));
    const expected = centralDifferences(
      (moved) => replay([loss], reference, bind(moved))[0]!.data[0]!,
      values,
    );
    for (const [index, gradient] of replay(gradients, reference, bind(values)).entries()) {
      expect(gradient.shape).toEqual(values[index]!.shape);
      expect(deviation(gradient.data, expected[index]!)).toBeLessThan(1e-7);
    }
  });

  it('multiplies once for the gradient of a weight that all rows share', () => {
    const ops = new Tracer();
    const x = ops.input('x', ['batch', 'n', 3]);
    const w = ops.input('w', [3, 2]);
    const [gradient] = vjp(ops, [ops.matMul(x, w)], [ops.input('g', ['batch', 'n', 2])], [w]);
    expect(gradient!.op).toBe('matMul');
    expect(gradient!.inputs.map(({ shape }) => shape)).toEqual([
      [3, 'batch*n'],
      ['batch*n', 2],
    ]);
  });

  it('takes the gradients of a small matrix under many rows per batch element', () => {
    const ops = new Tracer();
    const x = ops.input('x', ['batch', 'n', 'm', 3]);
    const w = ops.input('w', [3, 2]);
    const [gradient] = vjp(ops, [ops.matMul(x, w)], [ops.input('g', ['batch', 'n', 'm', 2])], [w]);
    expect(gradient!.op).toBe('sum');
    const product = gradient!.inputs[0]!;
    expect(product.op).toBe('matMul');
    expect(product.inputs.map(({ shape }) => shape)).toEqual([
      ['batch', 3, 'm*n'],
      ['batch', 'm*n', 2],
    ]);
  });

  it('applies constant factors to the gradient of a weight, not to all rows', () => {
    const ops = new Tracer();
    const x = ops.input('x', ['batch', 'n', 3]);
    const w = ops.input('w', [3, 2]);
    const y = ops.matMul(ops.mul(x, ops.constant(0.5)), w);
    const [gradient] = vjp(ops, [y], [ops.input('g', ['batch', 'n', 2])], [w]);
    const scaled = reachable([gradient!]).filter(({ op }) => op === 'mul');
    expect(scaled.map(({ shape }) => shape)).toEqual([[3, 2]]);
  });

  it('takes the cotangent out of the derivative of a product with a function of itself', () => {
    const ops = new Tracer();
    const [x, g] = [ops.input('x', ['n']), ops.input('g', ['n'])];
    const [gradient] = vjp(ops, [ops.mul(x, ops.erf(x))], [g], [x]);
    expect(gradient!.op).toBe('mul');
    expect(gradient!.inputs).toContain(g);
    expect(reachable([gradient!]).filter(({ inputs }) => inputs.some((x) => x === g))).toEqual([
      gradient,
    ]);
  });

  it('sums the rows of a batch before the batch', () => {
    const ops = new Tracer();
    const [x, b] = [ops.input('x', ['batch', 'n', 'm', 2]), ops.input('b', [2])];
    const g = ops.input('g', ['batch', 'n', 'm', 2]);
    const [gradient] = vjp(ops, [ops.add(x, b)], [g], [b]);
    expect(gradient).toBe(ops.sum(ops.sum(g, [1, 2]), [0]));
  });

  it('reduces over symbolic axes where the operand has size 1, and only there', () => {
    const ops = new Tracer();
    const [a, b] = [ops.input('a', ['batch', 'n', 2]), ops.input('b', ['batch', 1, 2])];
    const [da, db] = vjp(ops, [ops.add(a, b)], [ops.input('g', ['batch', 'n', 2])], [a, b]);
    expect(da!.op).toBe('input');
    expect(db!.op).toBe('sum');
    expect(db!.shape).toEqual(['batch', 1, 2]);
  });

  it('concatenates the cotangents of a value that is only split', () => {
    const ops = new Tracer();
    const x = ops.input('x', ['batch', 'h+3']);
    const parts = [ops.slice(x, 1, 'h', 2), ops.slice(x, 1, 0, 'h'), ops.slice(x, 1, 'h+2', 1)];
    const cotangents = parts.map((part, index) => ops.input(`g${index}`, part.shape));
    const [gradient] = vjp(ops, parts, cotangents, [x]);
    expect(gradient!.op).toBe('concat');
    expect(gradient!.inputs).toEqual([cotangents[1], cotangents[0], cotangents[2]]);
  });

  it('does not spell out a mean that is multiplied on', () => {
    const ops = new Tracer();
    const x = ops.input('x', ['n', 3]);
    const [gradient] = differentiate(ops, ops.mean(ops.mul(x, x)), [x]);
    expect(operations([gradient!])).not.toContain('broadcastTo');
  });

  it('sums many contributions as a balanced tree', () => {
    const ops = new Tracer();
    const x = ops.input('x', []);
    const terms = Array.from({ length: 64 }, (_, k) => ops.sin(ops.mul(x, ops.constant(k + 2))));
    const [gradient] = differentiate(
      ops,
      terms.reduce((sum, term) => ops.add(sum, term)),
      [x],
    );
    const depth = new Map<Expression, number>();
    for (const node of reachable([gradient!])) {
      const below = Math.max(0, ...node.inputs.map((input) => depth.get(input)!));
      depth.set(node, below + (node.op === 'add' ? 1 : 0));
    }
    expect(depth.get(gradient!)).toBe(6);
    const [value] = replay([gradient!], reference, new Map([[x, tensor(0)]]));
    expect(value!.data[0]).toBeCloseTo((64 * 67) / 2, 9);
  });

  it('does not go where no gradient is asked for', () => {
    const ops = new Tracer();
    const [x, w] = [ops.input('x', ['n', 3]), ops.input('w', [3, 2])];
    const [gradient] = differentiate(ops, ops.sum(ops.matMul(ops.exp(x), w)), [w]);
    expect(operations([gradient!]).filter((op) => op === 'matMul')).toHaveLength(1);
  });

  it('gives zeros where the output does not depend on an expression, or only in steps', () => {
    const ops = new Tracer();
    const [x, y] = [ops.input('x', [2]), ops.input('y', [3])];
    const loss = ops.sum(ops.step(x));
    const values = replay(differentiate(ops, loss, [x, y]), reference, NOTHING_BOUND);
    expect(values.map(({ data }) => [...data])).toEqual([
      [0, 0],
      [0, 0, 0],
    ]);
  });

  it('gives the gradient of a maximum of equal numbers to the second', () => {
    const ops = new Tracer();
    const [a, b] = [ops.input('a', []), ops.input('b', [])];
    const values = replay(
      differentiate(ops, ops.maximum(a, b), [a, b]),
      reference,
      new Map([
        [a, tensor(2)],
        [b, tensor(2)],
      ]),
    );
    expect(values.map(({ data }) => data[0])).toEqual([0, 1]);
  });

  it('differentiates by expressions on the way, and by one another', () => {
    const ops = new Tracer();
    const x = ops.input('x', []);
    const y = ops.mul(x, x);
    const z = ops.exp(y);
    const values = replay(
      differentiate(ops, ops.mul(z, y), [x, y, z]),
      reference,
      new Map([[x, tensor(0.5)]]),
    );
    const e = Math.exp(0.25);
    const expected = [1.25 * e, 1.25 * e, 0.25];
    expect(
      deviation(
        values.map(({ data }) => data[0]!),
        expected,
      ),
    ).toBeLessThan(1e-14);
  });

  it('differentiates itself: the Hessian times a vector', () => {
    const ops = new Tracer();
    const [x, v] = [ops.input('x', [3]), ops.input('v', [3])];
    const [gradient] = differentiate(ops, ops.sum(ops.exp(ops.mul(x, ops.sum(x)))), [x]);
    const product = ops.sum(ops.mul(gradient!, v));
    const [hessianTimesV] = differentiate(ops, product, [x]);
    const values = [tensor([0.1, -0.3, 0.4]), tensor([1, 2, -1])] as const;
    const bind = (at: ReferenceTensor) =>
      new Map([
        [x, at],
        [v, values[1]],
      ]);
    const [expected] = centralDifferences(
      ([at]) => dot(replay([gradient!], reference, bind(at!))[0]!, values[1]),
      [values[0]],
    );
    const [actual] = replay([hessianTimesV!], reference, bind(values[0]));
    expect(deviation(actual!.data, expected!)).toBeLessThan(1e-8);
  });

  it('survives a recording much deeper than the stack', () => {
    const ops = new Tracer();
    const x = ops.input('x', []);
    let y = x;
    for (let i = 0; i < 20_000; i++) y = ops.add(ops.sin(y), x);
    expect(differentiate(ops, y, [x])).toHaveLength(1);
  });

  it('refuses an output that is not a scalar', () => {
    const ops = new Tracer();
    const x = ops.input('x', ['n', 3]);
    expect(() => differentiate(ops, x, [x])).toThrow(
      expect.objectContaining({
        code: 'shape-mismatch',
        message: expect.stringContaining(
          'a scalar of shape [] to differentiate, got [n, 3]',
        ) as string,
      }) as Error,
    );
  });

  it('refuses cotangents that do not fit their outputs', () => {
    const ops = new Tracer();
    const x = ops.input('x', ['n', 3]);
    const g = ops.input('g', [3]);
    expect(() => vjp(ops, [x], [g], [x])).toThrow(/cotangent of shape \[n, 3\].*got \[3\]/);
    expect(() => vjp(ops, [x], [], [x])).toThrow(/cotangent of shape \[n, 3\].*got none/);
  });

  it('refuses an operation without a rule, where its gradient is really asked for', () => {
    const ops = new Tracer();
    const x = ops.input('x', []);
    const foreign = { ...ops.exp(x), op: 'sort', id: 1e6 } as unknown as Expression;
    expect(differentiate(ops, foreign, [foreign])).toEqual([ops.constant(1)]);
    expect(() => differentiate(ops, foreign, [x])).toThrow(
      expect.objectContaining({
        code: 'no-gradient',
        message: expect.stringContaining('sort has no gradient') as string,
      }) as Error,
    );
  });
});
