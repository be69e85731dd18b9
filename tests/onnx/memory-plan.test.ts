import { describe, expect, it } from 'vitest';
import { dimValue } from '../../src/onnx/dim-value.js';
import { GraphBuilder } from '../../src/onnx/graph-builder.js';
import { MemoryPlan } from '../../src/onnx/memory-plan.js';
import { OnnxOps, type OnnxValue } from '../../src/ops/onnx-ops.js';
import { thrownBy } from '../support/error-code.js';

function plan(compute: (ops: OnnxOps, x: OnnxValue) => readonly OnnxValue[]): MemoryPlan {
  const graph = new GraphBuilder({ name: 'planned' });
  const ops = new OnnxOps(graph);
  compute(ops, ops.input('x', ['batch', 'h1', 4])).forEach((value, index) => {
    ops.output(`y${index}`, value);
  });
  return new MemoryPlan(graph.build());
}

const DIMS = { batch: 3, h1: 5 };
/** Bytes of the input, which counts itself nowhere. */
const X = 4 * 3 * 5 * 4;

describe('MemoryPlan.peakBytes', () => {
  it('frees a value after its last use', () => {
    // Of a chain, two neighbours are held at once, however long it is.
    const chain = plan((ops, x) => [ops.exp(ops.tanh(ops.exp(ops.tanh(x))))]);
    expect(chain.peakBytes(DIMS)).toBe(2 * X);
  });

  it('holds a value for a late reader', () => {
    const residual = plan((ops, x) => {
      const early = ops.tanh(x);
      return [ops.add(ops.exp(ops.tanh(early)), early)];
    });
    expect(residual.peakBytes(DIMS)).toBe(3 * X);
  });

  it('holds outputs to the end', () => {
    const both = plan((ops, x) => [ops.tanh(x), ops.exp(ops.erf(x))]);
    expect(both.peakBytes(DIMS)).toBe(3 * X);
  });

  it('counts a view as the memory that it shows', () => {
    const viewed = plan((ops, x) => {
      const column = ops.reshape(ops.tanh(x), ['batch', 'h1', 4, 1]);
      return [ops.exp(column)];
    });
    expect(viewed.peakBytes(DIMS)).toBe(2 * X);
  });

  it('grows with every dimension of the widest values', () => {
    const edges = plan((ops, x) => {
      const pairs = ops.matMul(x, ops.transpose(x, [0, 2, 1]));
      return [ops.sum(ops.exp(pairs), [1, 2])];
    });
    const at = (batch: number, h1: number): number => edges.peakBytes({ batch, h1 });
    expect(at(3, 100)).toBeGreaterThanOrEqual(2 * 4 * 3 * 100 ** 2);
    expect(at(6, 100)).toBe(2 * at(3, 100));
  });

  it('asks for the value of every symbol', () => {
    const chain = plan((ops, x) => [ops.exp(x)]);
    expect(thrownBy(() => chain.peakBytes({ batch: 3 }))).toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining("'h1'") as string,
    });
  });
});

describe('dimValue', () => {
  it('evaluates a polynomial', () => {
    expect(dimValue('2*batch*h1+-1*h2+7', { batch: 3, h1: 5, h2: 4 })).toBe(33);
    expect(dimValue(12, {})).toBe(12);
  });
});
