import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { importedNetwork } from '../../../src/evaluation/import-population.js';
import { encodeNetwork } from '../../../src/formats/encode-network.js';
import {
  readForeignNetwork,
  type TaskShape,
} from '../../../src/formats/import/read-foreign-network.js';
import type { ForeignGraphNetwork } from '../../../src/formats/import/foreign-network.js';
import { graphArchitecture, type Architecture } from '../../../src/network/architecture.js';
import { forward } from '../../../src/network/forward.js';
import { initialise } from '../../../src/network/initialise.js';
import { networkOf } from '../../../src/network/network.js';
import { Random } from '../../../src/random.js';
import { imageRecipe } from '../../../src/zoo/image-recipes.js';
import { onnxFile, type OnnxNode, type Tensor } from './foreign-files.js';

const ROWS = 3;
const random = new Random(7, 'foreign graphs');
const numbers = (count: number): Float32Array => Float32Array.from(random.normals(count));
const tensor = (name: string, shape: readonly number[]): Tensor => ({
  name,
  shape,
  data: numbers(shape.reduce((a, b) => a * b, 1)).map((value) => 0.5 * value),
});
const positive = ({ data, ...rest }: Tensor): Tensor => ({
  ...rest,
  data: data.map((value) => 0.2 + value * value),
});

function read(bytes: Uint8Array, shape: TaskShape): ForeignGraphNetwork {
  const network = readForeignNetwork('net.onnx', bytes, shape);
  if ('layers' in network) throw new Error('expected a graph');
  return network;
}

/** Logits of the file by onnxruntime, which knows nothing of how it is read here. */
async function logitsOf(
  bytes: Uint8Array,
  x: Float32Array,
  shape: readonly number[],
): Promise<Float32Array> {
  const session = await InferenceSession.create(bytes);
  try {
    const feed = new OrtTensor('float32', x, [ROWS, ...shape]);
    const outputs = await session.run({ input: feed });
    return outputs[session.outputNames[0]!]!.data as Float32Array;
  } finally {
    await session.release();
  }
}

const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

const normalisation = (name: string, channels: number): Tensor[] => [
  tensor(`${name}.gain`, [channels]),
  tensor(`${name}.offset`, [channels]),
  tensor(`${name}.mean`, [channels]),
  positive(tensor(`${name}.variance`, [channels])),
];
const batchNorm = (name: string, input: string, output: string): OnnxNode => ({
  op: 'BatchNormalization',
  inputs: [input, ...['gain', 'offset', 'mean', 'variance'].map((part) => `${name}.${part}`)],
  output,
});
const conv = (
  inputs: readonly string[],
  output: string,
  ints: NonNullable<OnnxNode['ints']> = {},
): OnnxNode => ({ op: 'Conv', inputs, output, ints });
const PADDED = { pads: [1, 1, 1, 1] };
const POOL = { kernel_shape: [2, 2], strides: [2, 2] };

/** As PyTorch exports a residual network with batch norm in evaluation mode. */
function residualFile(): Uint8Array {
  return onnxFile(
    [
      conv(['input', 'stem.weight'], 'a', PADDED),
      batchNorm('bn1', 'a', 'b'),
      { op: 'Relu', inputs: ['b'], output: 'stem' },
      conv(['stem', 'left.weight', 'left.bias'], 'c', PADDED),
      batchNorm('bn2', 'c', 'd'),
      { op: 'Add', inputs: ['d', 'stem'], output: 'sum' },
      { op: 'Relu', inputs: ['sum'], output: 'e' },
      { op: 'MaxPool', inputs: ['e'], output: 'f', ints: POOL },
      conv(['f', 'depth.weight', 'depth.bias'], 'g', { ...PADDED, group: 4 }),
      { op: 'Relu', inputs: ['g'], output: 'h' },
      { op: 'AveragePool', inputs: ['h'], output: 'i', ints: POOL },
      { op: 'Flatten', inputs: ['i'], output: 'j', ints: { axis: 1 } },
      { op: 'Gemm', inputs: ['j', 'fc.weight', 'fc.bias'], output: 'k', ints: { transB: 1 } },
    ],
    [
      tensor('stem.weight', [4, 2, 3, 3]),
      ...normalisation('bn1', 4),
      tensor('left.weight', [4, 4, 3, 3]),
      tensor('left.bias', [4]),
      ...normalisation('bn2', 4),
      tensor('depth.weight', [4, 1, 3, 3]),
      tensor('depth.bias', [4]),
      tensor('fc.weight', [3, 16]),
      tensor('fc.bias', [3]),
    ],
    { shape: [2, 8, 8] },
  );
}

/** As tf2onnx exports a Keras network: channels last in between, MatMul and Add. */
function kerasFile(): Uint8Array {
  return onnxFile(
    [
      { op: 'Transpose', inputs: ['input'], output: 'a', ints: { perm: [0, 3, 1, 2] } },
      conv(['a', 'w1', 'b1'], 'b', { strides: [1, 1] }),
      { op: 'Relu', inputs: ['b'], output: 'c' },
      { op: 'Transpose', inputs: ['c'], output: 'd', ints: { perm: [0, 2, 3, 1] } },
      { op: 'Reshape', inputs: ['d', 'flat'], output: 'e' },
      { op: 'MatMul', inputs: ['e', 'w2'], output: 'f' },
      { op: 'Add', inputs: ['f', 'b2'], output: 'g' },
    ],
    [tensor('w1', [3, 1, 3, 3]), tensor('b1', [3]), tensor('w2', [48, 4]), tensor('b2', [4])],
    { shape: [6, 6, 1], lists: { flat: [-1, 48] } },
  );
}

describe('graphs of images', () => {
  it('fold batch norm, and compute what onnxruntime computes of the file (1e-4)', async () => {
    const bytes = residualFile();
    const x = numbers(ROWS * 128);
    const { architecture, weights, inputScaling } = read(bytes, { inputs: 128, classes: 3 });
    expect(inputScaling).toBeNull();
    const ops = networkOf(architecture).graph.nodes.map(({ layer }) => layer.op);
    expect(ops).toEqual([
      ...['conv2d', 'activation', 'conv2d', 'add', 'activation', 'max-pool'],
      ...['depthwise-conv2d', 'activation', 'avg-pool', 'flatten', 'dense'],
    ]);
    const expected = await logitsOf(bytes, x, [2, 8, 8]);
    expect(apart(forward(architecture, weights, x), expected)).toBeLessThan(1e-4);
  });

  it('may have channels last, as of Keras', async () => {
    const bytes = kerasFile();
    const x = numbers(ROWS * 36);
    const { architecture, weights } = read(bytes, { inputs: 36, classes: 4 });
    const expected = await logitsOf(bytes, x, [6, 6, 1]);
    expect(apart(forward(architecture, weights, x), expected)).toBeLessThan(1e-4);
  });

  it('may shrink to one place, with channels last', async () => {
    const bytes = onnxFile(
      [
        { op: 'Transpose', inputs: ['input'], output: 'a', ints: { perm: [0, 3, 1, 2] } },
        conv(['a', 'w1', 'b1'], 'b'),
        { op: 'Relu', inputs: ['b'], output: 'c' },
        { op: 'Transpose', inputs: ['c'], output: 'd', ints: { perm: [0, 2, 3, 1] } },
        { op: 'Reshape', inputs: ['d', 'flat'], output: 'e' },
        { op: 'MatMul', inputs: ['e', 'w2'], output: 'f' },
      ],
      [tensor('w1', [5, 1, 3, 3]), tensor('b1', [5]), tensor('w2', [5, 4])],
      { shape: [3, 3, 1], lists: { flat: [-1, 5] } },
    );
    const x = numbers(ROWS * 9);
    const { architecture, weights } = read(bytes, { inputs: 9, classes: 4 });
    const expected = await logitsOf(bytes, x, [3, 3, 1]);
    expect(apart(forward(architecture, weights, x), expected)).toBeLessThan(1e-4);
  });

  it('scale their inputs by themselves, so that they take raw features', async () => {
    const bytes = onnxFile(
      [
        { op: 'Sub', inputs: ['input', 'mean'], output: 'a' },
        { op: 'Div', inputs: ['a', 'scale'], output: 'b' },
        conv(['b', 'w1', 'b1'], 'c'),
        { op: 'GlobalAveragePool', inputs: ['c'], output: 'd' },
        { op: 'Flatten', inputs: ['d'], output: 'e' },
        { op: 'Gemm', inputs: ['e', 'w2', 'b2'], output: 'logits' },
        { op: 'Softmax', inputs: ['logits'], output: 'p' },
      ],
      [
        tensor('mean', [2, 1, 1]),
        positive(tensor('scale', [2, 1, 1])),
        tensor('w1', [5, 2, 3, 3]),
        tensor('b1', [5]),
        tensor('w2', [5, 3]),
        tensor('b2', [3]),
      ],
      { shape: [2, 5, 5] },
    );
    const network = read(bytes, { inputs: 50, classes: 3 });
    const standardisation = {
      mean: Array.from({ length: 50 }, (_, i) => (i < 25 ? 0.4 : -0.3)),
      scale: Array.from({ length: 50 }, (_, i) => (i < 25 ? 2 : 0.7)),
    };
    // What --inputs says does not matter.
    const { arch, weights } = importedNetwork(
      network,
      { standardisation },
      { activation: 'relu', inputs: { mean: 5, scale: 9 } },
    );
    const x = numbers(ROWS * 50);
    const z = x.map(
      (value, at) => (value - standardisation.mean[at % 50]!) / standardisation.scale[at % 50]!,
    );
    const expected = await logitsOf(bytes, x, [2, 5, 5]);
    const logits = forward(arch, weights, z);
    // The file ends in probabilities.
    const found = Array.from({ length: ROWS }, (_, row) => {
      const own = Array.from(logits.subarray(3 * row, 3 * row + 3), Math.exp);
      const sum = own.reduce((a, b) => a + b);
      return own.map((value) => value / sum);
    }).flat();
    expect(apart(found, expected)).toBeLessThan(1e-4);
  });

  it.each<[string, Architecture]>([
    ['small', imageRecipe('mnist', false).architectures[0]!.architecture],
    ['residual', imageRecipe('digits', false).architectures[0]!.architecture],
  ])('of our own %s networks come back as they were', (_, architecture) => {
    const weights = initialise(architecture, new Random(3));
    const { inputs, outputs } = networkOf(architecture);
    const standardisation = {
      mean: new Array<number>(inputs).fill(33.25),
      scale: new Array<number>(inputs).fill(78.5),
    };
    const { bytes } = encodeNetwork(
      { architecture, format: 'onnx', inputScaling: 'folded' },
      { weights, standardisation, describe: () => ({}) },
    );
    const imported = importedNetwork(
      read(bytes, { inputs, classes: outputs }),
      { standardisation },
      { activation: 'relu', inputs: 'standardised' },
    );
    const names = (own: Architecture) =>
      networkOf(own).graph.nodes.map(({ layer, inputs: reads }) => [
        layer,
        reads.map((id) => networkOf(own).graph.nodes.findIndex((node) => node.id === id)),
      ]);
    expect(names(imported.arch)).toEqual(names(architecture));
    expect(imported.weights).toEqual(weights);
  });

  it('are refused where zeros around images stand for a mean that the data do not have', () => {
    const network = read(residualFile(), { inputs: 128, classes: 3 });
    const standardisation = {
      mean: new Array<number>(128).fill(3),
      scale: new Array<number>(128).fill(2),
    };
    const reading = (inputs: 'raw' | 'standardised') => () =>
      importedNetwork(network, { standardisation }, { activation: 'relu', inputs });
    expect(reading('raw')).toThrow(/zeros around images.*standardised features/s);
    expect(reading('standardised')).not.toThrow();
  });
});

describe('graphs of images that no layers stand for', () => {
  const [w, b] = [tensor('w', [3, 1, 3, 3]), tensor('b', [3])];
  const file = (nodes: readonly OnnxNode[], more: readonly Tensor[] = []): Uint8Array =>
    onnxFile(nodes, [w, b, ...more], { shape: [1, 6, 6] });
  const first = conv(['input', 'w', 'b'], 'a');

  it.each<[string, Uint8Array, RegExp]>([
    [
      'batch norm behind an activation',
      file(
        [first, { op: 'Relu', inputs: ['a'], output: 'r' }, batchNorm('bn', 'r', 'c')],
        normalisation('bn', 3),
      ),
      /node 'node 2' \(BatchNormalization\).*does not follow a layer of weights/,
    ],
    [
      'batch norm of a value that something else reads',
      file(
        [first, batchNorm('bn', 'a', 'c'), { op: 'Add', inputs: ['a', 'c'], output: 'd' }],
        normalisation('bn', 3),
      ),
      /'node 1' \(BatchNormalization\).*nothing else reads/,
    ],
    ['dilation', file([conv(['input', 'w', 'b'], 'a', { dilations: [2, 2] })]), /no dilation/],
    [
      'padding of one side',
      file([conv(['input', 'w'], 'a', { pads: [0, 0, 1, 1] })]),
      /one padding/,
    ],
    [
      'groups of several channels',
      onnxFile([conv(['input', 'g'], 'a', { group: 2 })], [tensor('g', [4, 2, 3, 3])], {
        shape: [4, 6, 6],
      }),
      /2 groups of channels/,
    ],
    [
      'padded pools',
      file([
        first,
        { op: 'MaxPool', inputs: ['a'], output: 'c', ints: { ...POOL, pads: [1, 1, 1, 1] } },
      ]),
      /node 'node 1' \(MaxPool\).*without padding/,
    ],
    [
      'an unknown operator',
      file([
        first,
        { op: 'Sin', inputs: ['a'], output: 'c' },
        { op: 'Relu', inputs: ['c'], output: 'd' },
      ]),
      /node 'node 1' \(Sin\).*no layer stands for/,
    ],
    [
      'a pool larger than its input',
      file([first, { op: 'MaxPool', inputs: ['a'], output: 'c', ints: { kernel_shape: [5, 5] } }]),
      /node 'node 1' \(MaxPool\)/,
    ],
    [
      'other channels',
      file([first, conv(['a', 'w', 'b'], 'c')]),
      /node 'node 1' \(Conv\): .*reads 1 channels of images, got \[3, 4, 4\]/,
    ],
    [
      'images of any size',
      onnxFile([first], [w, b], { shape: [1, 'height', 'width'] }),
      /how large its images are/,
    ],
    ['images as logits', file([first]), /no network of ours/],
    [
      'kernels that are no constants',
      file([conv(['input', 'input'], 'a')]),
      /square kernels of weights/,
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => readForeignNetwork('net.onnx', bytes, { inputs: 36, classes: 3 })).toThrow(
      message,
    );
  });

  it('have the features and classes of the data set, and finite weights', () => {
    const bytes = kerasFile();
    expect(() => read(bytes, { inputs: 35, classes: 4 })).toThrow(/35 features and 4 classes.*36/);
    expect(() => read(bytes, { inputs: 36, classes: 5 })).toThrow(/5 classes/);
    const broken = { ...w, data: w.data.map(() => Infinity) };
    const gap = { op: 'GlobalAveragePool', inputs: ['a'], output: 'c' };
    const wide = onnxFile(
      [first, gap, { op: 'Flatten', inputs: ['c'], output: 'd' }],
      [broken, b],
      {
        shape: [1, 6, 6],
      },
    );
    expect(() => read(wide, { inputs: 36, classes: 3 })).toThrow(/diverged/);
  });
});

it('architectures of graphs are those that are written by hand', () => {
  const { architecture } = read(kerasFile(), { inputs: 36, classes: 4 });
  expect(architecture).toEqual(
    graphArchitecture({
      input: [1, 6, 6],
      nodes: [
        { op: 'conv2d', channels: 3, kernel: 3 },
        { op: 'activation', function: 'relu' },
        { op: 'flatten' },
        { op: 'dense', units: 4 },
      ],
    }),
  );
});
