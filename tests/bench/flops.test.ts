import { describe, expect, it } from 'vitest';
import { matMulFlops } from '../../bench/flops.js';
import { GraphBuilder } from '../../src/onnx/graph-builder.js';
import { OnnxOps } from '../../src/ops/onnx-ops.js';

function product(): ReturnType<GraphBuilder['build']> {
  const graph = new GraphBuilder({ name: 'two-products' });
  const ops = new OnnxOps(graph);
  const x = ops.input('x', ['batch', 'h1', 3]);
  const hidden = ops.matMul(x, ops.parameter('w', new Float32Array(12), [3, 4]));
  ops.output('y', ops.matMul(hidden, ops.parameter('v', new Float32Array(8), [4, 2])));
  return graph.build();
}

describe('matMulFlops', () => {
  it('counts 2mnk for every product, with the dimensions given', () => {
    // 5·7 rows, 3 → 4 → 2.
    expect(matMulFlops(product(), { batch: 5, h1: 7 })).toBe(2 * 35 * (3 * 4 + 4 * 2));
  });

  it('refuses a dimension without a value', () => {
    expect(() => matMulFlops(product(), { batch: 5 })).toThrow(/'h1'/);
  });
});
