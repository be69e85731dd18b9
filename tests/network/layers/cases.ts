import { ACTIVATIONS } from '../../../src/network/architecture.js';
import type { LayerNode } from '../../../src/network/layers/registry.js';
import type { Shape } from '../../../src/onnx/dim.js';
import { activation, add, dense, type Form } from '../graphs.js';

/** A layer in a small network, and what it refuses. */
export interface LayerCase {
  readonly title: string;
  /**
   * The node `layer` is the layer under test. Its output belongs to hidden neurons that otherwise
   * pass only through linear layers.
   */
  readonly form: Form;
  /** Shapes of rows that it cannot read, with a part of the message. */
  readonly refuses: readonly { readonly inputs: readonly Shape[]; readonly message: string }[];
  /** Nodes that its grammar does not allow. */
  readonly malformed: readonly object[];
}

/** The cases of every kind of layer. */
export const LAYER_CASES: Readonly<Record<LayerNode['op'], readonly LayerCase[]>> = {
  dense: [
    {
      title: 'of several units',
      form: { input: [4], nodes: [dense(6), dense(5, 'layer'), dense(3)] },
      refuses: [
        { inputs: [[3, 4, 4]], message: 'a dense layer reads rows of shape [n], got [3, 4, 4]' },
        { inputs: [[]], message: 'got []' },
      ],
      malformed: [
        { op: 'dense' },
        { op: 'dense', units: 0 },
        { op: 'dense', units: 1.5 },
        { op: 'dense', units: 'h1' },
      ],
    },
    {
      title: 'of two units, from one',
      form: { input: [4], nodes: [dense(1), dense(2, 'layer'), dense(2)] },
      refuses: [],
      malformed: [],
    },
  ],
  activation: ACTIVATIONS.map((name) => ({
    title: name,
    form: { input: [4], nodes: [dense(5), activation(name, 'layer'), dense(3)] },
    refuses: [],
    malformed: [{ op: 'activation' }, { op: 'activation', function: 'softsign' }],
  })),
  add: [
    {
      title: 'of two terms',
      form: {
        input: [4],
        nodes: [dense(5, 'a'), dense(5, 'b', ['input']), add(['a', 'b'], 'layer'), dense(3)],
      },
      refuses: [
        { inputs: [[5], [4]], message: 'expected terms of one shape, got [5] and [4]' },
        { inputs: [[5], [5], [5, 1]], message: 'got [5] and [5, 1]' },
      ],
      malformed: [{ op: 'add', terms: 2 }],
    },
    {
      title: 'of three terms, one of them twice',
      form: {
        input: [4],
        nodes: [dense(5, 'a'), dense(5, 'b', ['input']), add(['a', 'b', 'a'], 'layer'), dense(3)],
      },
      refuses: [],
      malformed: [],
    },
  ],
};
