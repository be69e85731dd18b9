import { describe, expect, it } from 'vitest';
import type { Initializer, OnnxModel } from '../../src/onnx/graph.js';
import { verifyModel } from '../../src/onnx/verify.js';
import { thrownBy } from '../support/error-code.js';
import { smallModel } from './models.js';

/** The small model with some of its parts exchanged. */
const changed = (parts: Partial<OnnxModel>): OnnxModel => ({ ...smallModel(), ...parts });

const extra = (initializer: Partial<Initializer>): OnnxModel => {
  const base = { name: 'extra', type: 'float32' as const, shape: [], data: Float32Array.of(1) };
  const { initializers } = smallModel();
  return changed({ initializers: [...initializers, { ...base, ...initializer }] });
};

/** The node that computes `output` gets other inputs. */
const rewired = (output: string, inputs: readonly string[]): OnnxModel =>
  changed({
    nodes: smallModel().nodes.map((node) =>
      node.outputs[0] === output ? { ...node, inputs } : node,
    ),
  });

describe('verifyModel', () => {
  it('knows the type and shape of every value', () => {
    const facts = verifyModel(smallModel());
    expect(facts.get('w')).toEqual({ type: 'float32', shape: [3, 2] });
    expect(facts.get('target')).toEqual({ type: 'int64', shape: [2], elements: ['N', 2] });
    expect(facts.get('y')).toEqual({ type: 'float32', shape: ['N', 2] });
    expect(facts.size).toBe(13);
  });

  it('accepts sums and products as dimensions of an input', () => {
    const inputs = [{ name: 'x', type: 'float32' as const, shape: ['3*N+h1', 3] }];
    const outputs = [{ name: 'y', type: 'float32' as const, shape: ['3*N+h1', 2] }];
    expect(verifyModel(changed({ inputs, outputs })).get('y')?.shape).toEqual(['3*N+h1', 2]);
  });

  const { nodes, outputs } = smallModel();
  const input = (shape: readonly (number | string)[]): OnnxModel =>
    changed({ inputs: [{ name: 'x', type: 'float32', shape }] });
  const output = (part: object): OnnxModel =>
    changed({ outputs: outputs.map((info) => ({ ...info, ...part })) });

  const refused: readonly (readonly [message: string, model: OnnxModel])[] = [
    ['IR version', changed({ irVersion: 9 })],
    ['operator set', changed({ opset: 18 })],
    ['operator set', changed({ opset: 12 })],
    ['"w" is defined twice', extra({ name: 'w' })],
    ['empty name', extra({ name: '' })],
    ['"extra" is not used', extra({})],
    ['Reshape "Reshape_0": expected a shape', rewired('target', ['rows', 'rows'])],
    ['expected 2 elements', extra({ shape: [2] })],
    ['in a BigInt64Array, got', extra({ type: 'int64' })],
    ['expected sizes', extra({ shape: [-1] })],
    ['"product" is defined twice', changed({ nodes: [...nodes, ...nodes.slice(0, 1)] })],
    ['is not defined before it', changed({ nodes: [...nodes].reverse() })],
    ['reads "nowhere"', rewired('y', ['nowhere'])],
    ['expected equal inner dimensions', input(['N', 4])],
    ['canonical form', input(['N+N', 3])],
    ['canonical form', input(['N-1', 3])],
    ['canonical form', input([0, 3])],
    ['no output', changed({ outputs: [] })],
    ['declared twice', changed({ outputs: [...outputs, ...outputs] })],
    ['"z" is not computed', output({ name: 'z' })],
    ['declared float32 [M, 2] but computed as float32 [N, 2]', output({ shape: ['M', 2] })],
    ['declared int64', output({ type: 'int64' })],
  ];

  it.each(refused)('refuses a model with: %s', (message, model) => {
    const error = thrownBy(() => verifyModel(model));
    expect(error.message).toContain(message);
    expect(error.code).toBe('model-invalid');
  });
});
