import { GraphBuilder } from '../../src/onnx/graph-builder.js';
import type { OnnxModel } from '../../src/onnx/graph.js';

/** `y [N, 2] = relu(x [N, 3] · w)`, reshaped through a computed shape, with every attribute kind. */
export function smallModel(): OnnxModel {
  const graph = new GraphBuilder({ name: 'small' });
  graph.input({ name: 'x', type: 'float32', shape: ['N', 3] });
  graph.initializer({
    name: 'w',
    type: 'float32',
    shape: [3, 2],
    data: Float32Array.of(1, -2, 3, 4, -5, 6),
  });
  graph.initializer({ name: 'two', type: 'int64', shape: [1], data: BigInt64Array.of(2n) });
  graph.initializer({ name: 'zero', type: 'int64', shape: [2], data: BigInt64Array.of(0n, 0n) });
  graph.initializer({ name: 'pads', type: 'int64', shape: [4], data: new BigInt64Array(4) });
  graph.node('Gemm', ['x', 'w'], { alpha: { kind: 'float', value: 1 } }, ['product']);
  graph.node('Shape', ['x'], { start: int(0), end: int(1) }, ['rows']);
  graph.node('Concat', ['rows', 'two'], { axis: int(0) }, ['target']);
  graph.node('Reshape', ['product', 'target'], {}, ['reshaped']);
  graph.node('Reshape', ['reshaped', 'zero'], {}, ['copied']);
  graph.node('Pad', ['copied', 'pads'], { mode: { kind: 'string', value: 'constant' } }, [
    'padded',
  ]);
  graph.node('Transpose', ['padded'], { perm: { kind: 'ints', value: [0, 1] } }, ['kept']);
  graph.node('Relu', ['kept'], {}, ['y']);
  graph.output({ name: 'y', type: 'float32', shape: ['N', 2] });
  graph.metadata({ producer: 'a test', note: 'ü — ✓' });
  return graph.build();
}

function int(value: number) {
  return { kind: 'int', value } as const;
}
