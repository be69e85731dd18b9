import { ACTIVATIONS } from '../../../src/network/architecture.js';
import type { LayerNode } from '../../../src/network/layers/registry.js';
import type { Shape } from '../../../src/onnx/dim.js';
import { activation, add, conv, dense, depthwise, flatten, pool, type Form } from '../graphs.js';

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
  conv2d: [
    {
      title: 'of several channels',
      form: {
        input: [2, 6, 5],
        nodes: [conv(4, 2), conv(3, 3, { id: 'layer' }), flatten(), dense(3)],
      },
      refuses: [
        {
          inputs: [[7]],
          message: 'a convolution reads images of shape [channels, height, width], got [7]',
        },
        { inputs: [[4, 5, 2]], message: 'a kernel of 3×3 is larger than the images' },
        { inputs: [[2 ** 18, 5, 5]], message: 'expected kernels of at most 1048576 numbers' },
      ],
      malformed: [
        { op: 'conv2d', channels: 3 },
        { op: 'conv2d', channels: 0, kernel: 3 },
        { op: 'conv2d', channels: 3, kernel: 0 },
        { op: 'conv2d', channels: 3, kernel: 1000 },
        { op: 'conv2d', channels: 3, kernel: 3, stride: 0 },
        { op: 'conv2d', channels: 3, kernel: 3, padding: -1 },
        { op: 'conv2d', channels: 'h1', kernel: 3 },
      ],
    },
    {
      title: 'with strides',
      form: {
        input: [1, 8, 9],
        nodes: [conv(3, 2), conv(4, 3, { id: 'layer', stride: 2 }), flatten(), dense(3)],
      },
      refuses: [],
      malformed: [],
    },
    {
      title: 'with strides that leave a remainder, of the features',
      form: {
        input: [2, 7, 6],
        nodes: [conv(3, 2, { id: 'layer', stride: 3 }), flatten(), dense(3)],
      },
      refuses: [],
      malformed: [],
    },
    {
      title: 'with a kernel of one, globally averaged',
      form: {
        input: [2, 3, 3],
        nodes: [conv(4, 2), conv(3, 1, { id: 'layer' }), pool('global-avg-pool'), dense(3)],
      },
      refuses: [],
      malformed: [],
    },
    {
      title: 'with padding',
      form: {
        input: [2, 4, 4],
        nodes: [conv(4, 2), conv(3, 3, { id: 'layer', padding: 1 }), flatten(), dense(3)],
      },
      refuses: [{ inputs: [[4, 0, 4]], message: 'is larger than the images' }],
      malformed: [],
    },
  ],
  'depthwise-conv2d': [
    {
      title: 'of several channels',
      form: {
        input: [2, 6, 5],
        nodes: [conv(4, 2), depthwise(3, { id: 'layer' }), flatten(), dense(3)],
      },
      refuses: [
        {
          inputs: [[7]],
          message:
            'a depthwise convolution reads images of shape [channels, height, width], got [7]',
        },
        { inputs: [[4, 5, 2]], message: 'a kernel of 3×3 is larger than the images' },
      ],
      malformed: [
        { op: 'depthwise-conv2d' },
        { op: 'depthwise-conv2d', kernel: 0 },
        { op: 'depthwise-conv2d', kernel: 3, channels: 4 },
        { op: 'depthwise-conv2d', kernel: 3, padding: -1 },
      ],
    },
    {
      title: 'with strides that leave a remainder',
      form: {
        input: [1, 8, 9],
        nodes: [conv(3, 2), depthwise(2, { id: 'layer', stride: 3 }), flatten(), dense(3)],
      },
      refuses: [],
      malformed: [],
    },
    {
      title: 'with a kernel of one',
      form: {
        input: [2, 3, 3],
        nodes: [conv(4, 2), depthwise(1, { id: 'layer' }), pool('global-avg-pool'), dense(3)],
      },
      refuses: [],
      malformed: [],
    },
  ],
  'max-pool': [
    {
      title: 'of tiles, with a remainder',
      form: {
        input: [2, 6, 7],
        nodes: [conv(4, 2), pool('max-pool', { size: 2, id: 'layer' }), flatten(), dense(3)],
      },
      refuses: [
        {
          inputs: [[4]],
          message: 'pooling reads images of shape [channels, height, width], got [4]',
        },
        {
          inputs: [[4, 1, 5]],
          message: 'a window of 2×2 is larger than the images of shape [4, 1, 5]',
        },
      ],
      malformed: [{ op: 'max-pool' }, { op: 'max-pool', size: 0 }, { op: 'max-pool', size: 99 }],
    },
    {
      title: 'of windows that overlap',
      form: {
        input: [2, 6, 6],
        nodes: [
          conv(4, 2),
          pool('max-pool', { size: 3, stride: 2, id: 'layer' }),
          flatten(),
          dense(3),
        ],
      },
      refuses: [],
      malformed: [],
    },
  ],
  'avg-pool': [
    {
      title: 'of tiles, with a remainder',
      form: {
        input: [2, 6, 7],
        nodes: [conv(4, 2), pool('avg-pool', { size: 2, id: 'layer' }), flatten(), dense(3)],
      },
      refuses: [{ inputs: [[4, 1, 5]], message: 'is larger than the images of shape [4, 1, 5]' }],
      malformed: [{ op: 'avg-pool' }, { op: 'avg-pool', size: 2, padding: 1 }],
    },
    {
      title: 'of windows that overlap',
      form: {
        input: [2, 6, 6],
        nodes: [
          conv(4, 2),
          pool('avg-pool', { size: 3, stride: 2, id: 'layer' }),
          flatten(),
          dense(3),
        ],
      },
      refuses: [],
      malformed: [],
    },
  ],
  'global-avg-pool': [
    {
      title: 'of channels',
      form: {
        input: [2, 4, 5],
        nodes: [conv(4, 2), pool('global-avg-pool', { id: 'layer' }), dense(3)],
      },
      refuses: [{ inputs: [[4]], message: 'global average pooling reads images of shape' }],
      malformed: [{ op: 'global-avg-pool', size: 2 }],
    },
  ],
  flatten: [
    {
      title: 'of channels',
      form: { input: [2, 3, 4], nodes: [conv(4, 2), flatten('layer'), dense(3)] },
      refuses: [
        {
          inputs: [[4]],
          message: 'flatten reads images of shape [channels, height, width], got [4]',
        },
        { inputs: [[2 ** 12, 32, 32]], message: 'expected images of at most 1048576 numbers' },
      ],
      malformed: [{ op: 'flatten', axis: 1 }],
    },
  ],
};
