import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/onnx/graph-builder.js';
import { countOperations } from '../../src/onnx/operation-count.js';
import { OnnxOps } from '../../src/ops/onnx-ops.js';

describe('countOperations', () => {
  it('counts products, elements and nodes as polynomials, and no change of shape', () => {
    const graph = new GraphBuilder({ name: 'counted' });
    const ops = new OnnxOps(graph);
    const x = ops.input('x', ['batch', 'h1', 3]);
    const hidden = ops.matMul(x, ops.parameter('w', new Float32Array(12), [3, 4]));
    const flat = ops.reshape(ops.exp(hidden), ['batch', '4*h1']);
    ops.output('y', ops.add(flat, flat));
    expect(countOperations(graph.build())).toEqual({
      products: '24*batch*h1',
      elements: '8*batch*h1',
      nodes: 3,
    });
  });
});
