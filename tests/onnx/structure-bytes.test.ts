import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/onnx/graph-builder.js';
import { encodeModel } from '../../src/onnx/serialize.js';
import { structureBytes } from '../../src/onnx/structure-bytes.js';

/** A model that adds a vector of `size` numbers. */
function model(size: number): Uint8Array {
  const graph = new GraphBuilder({ name: 'add' });
  const x = graph.input({ name: 'x', type: 'float32', shape: [size] });
  const data = Float32Array.from({ length: size }, (_, index) => index);
  const y = graph.initializer({ name: 'y', type: 'float32', shape: [size], data });
  graph.node('Add', [x, y], {}, ['z']);
  graph.output({ name: 'z', type: 'float32', shape: [size] });
  return encodeModel(graph.build());
}

describe('structureBytes', () => {
  it('counts all but the numbers of the initialisers', () => {
    const small = model(1_000);
    const large = model(1_002);
    expect(structureBytes(small)).toBe(small.byteLength - 4_000);
    expect(structureBytes(large)).toBe(structureBytes(small));
  });

  it('refuses what is cut', () => {
    const bytes = model(10);
    for (const length of [1, 10, bytes.byteLength - 1]) {
      expect(() => structureBytes(bytes.subarray(0, length))).toThrow(/do not parse/);
    }
  });
});
