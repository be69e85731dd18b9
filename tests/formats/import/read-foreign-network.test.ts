import { describe, expect, it } from 'vitest';
import { WeightspringError } from '../../../src/errors.js';
import { encodeSafetensors } from '../../../src/files/safetensors.js';
import type { ForeignPerceptron } from '../../../src/formats/import/foreign-network.js';
import { readForeignNetwork } from '../../../src/formats/import/read-foreign-network.js';
import { evaluateNetworks } from '../../../src/zoo/evaluate-networks.js';
import { architecture } from '../../../src/network/architecture.js';
import { Random } from '../../../src/random.js';
import { bytesOf, npy, npz } from '../../data/data-files.js';
import {
  ARCHITECTURE,
  DENSE,
  ENCODINGS,
  FLAT,
  onnxFile,
  safetensors,
  SHAPE,
  torchTensors,
  transpose,
  type OnnxNode,
} from './foreign-files.js';

function flat({ layers }: ForeignPerceptron): Float32Array {
  return Float32Array.from(layers.flatMap(({ weight, bias }) => [...weight, ...bias]));
}

const read = (name: string, bytes: Uint8Array, shape = SHAPE): ForeignPerceptron => {
  const network = readForeignNetwork(name, bytes, shape);
  if ('layers' in network) return network;
  throw new Error('expected a perceptron');
};

describe('named tensors', () => {
  it.each(ENCODINGS)('are read as %s', (type) => {
    expect(flat(read('a.safetensors', safetensors(torchTensors(), type)))).toEqual(FLAT);
  });

  it('are read as F16', () => {
    const tensors = torchTensors().map((tensor) => ({ ...tensor, dtype: 'F16' as const }));
    expect(flat(read('a.safetensors', encodeSafetensors(tensors)))).toEqual(FLAT);
  });

  it.each<[string, (name: string) => string]>([
    ['a prefix', (name) => `module.net.${name}`],
    [
      'names of two digits',
      (name) => `layers.${name.replace(/^\d/, (digit) => `${8 + Number(digit)}`)}`,
    ],
    ['names of fields', (name) => name.replace(/^\d/, (digit) => `fc${Number(digit) / 2 + 1}`)],
    [
      'an order that only the shapes tell',
      (name) => ['c', 'a', 'b'][Number(name[0]) / 2]! + name.slice(1),
    ],
  ])('may have %s', (_, rename) => {
    const tensors = torchTensors().map((tensor) => ({ ...tensor, name: rename(tensor.name) }));
    const shuffled = [4, 1, 0, 3, 5, 2].map((place) => tensors[place]!);
    expect(flat(read('a.safetensors', safetensors(shuffled, 'F32')))).toEqual(FLAT);
  });

  it('come from Keras as kernels and biases, or as a list', () => {
    const arrays = DENSE.flatMap(({ inputs, outputs, weight, bias }) => [
      npy('<f4', [inputs, outputs], bytesOf(weight)),
      npy('<f4', [outputs], bytesOf(bias)),
    ]);
    const names = ['dense/kernel:0', 'dense/bias:0', 'dense_1/kernel:0', 'dense_1/bias:0'];
    const named = [...names, 'dense_2/kernel:0', 'dense_2/bias:0'];
    for (const name of [(i: number) => named[i]!, (i: number) => `arr_${i}`]) {
      const file = npz(Object.fromEntries(arrays.map((array, i) => [name(i), array])));
      expect(flat(read('a.npz', file))).toEqual(FLAT);
    }
  });

  it('may lack biases, and counters do no harm', () => {
    const tensors = torchTensors().filter(({ name }) => !name.endsWith('bias'));
    const { layers } = read('a.safetensors', safetensors(tensors, 'F32'));
    expect(layers.map(({ bias }) => Array.from(bias))).toEqual(
      DENSE.map(({ outputs }) => Array<number>(outputs).fill(0)),
    );
  });

  it('with one logit for two classes get two of the same probabilities', () => {
    const weight = Float32Array.of(1, -2, 3, 0.5);
    const file = safetensors(
      [
        { name: '0.weight', shape: [1, 4], data: weight },
        { name: '0.bias', shape: [1], data: Float32Array.of(0.25) },
      ],
      'F32',
    );
    const network = read('a.safetensors', file, { inputs: 4, classes: 2 });
    const x = new Random(1, 'rows').normals(40);
    const [logits] = evaluateNetworks(architecture([4, 2]), [flat(network)], x);
    for (let row = 0; row < 10; row++) {
      const z = weight.reduce((sum, w, i) => sum + w * x[4 * row + i]!, 0.25);
      expect(logits![2 * row + 1]! - logits![2 * row]!).toBeCloseTo(z, 5);
    }
  });

  it.each<[string, Uint8Array, RegExp]>([
    [
      'other widths',
      safetensors(torchTensors().slice(0, 4), 'F32'),
      /lead from 4 features to 3 classes/,
    ],
    [
      'normalisation',
      safetensors(
        [...torchTensors(), { name: '1.running_mean', shape: [7], data: new Float32Array(7) }],
        'F32',
      ),
      /'1.running_mean' \[7\].*fold/,
    ],
    [
      'no finite weights',
      safetensors(
        torchTensors().map((tensor) => ({ ...tensor, data: tensor.data.map(() => NaN) })),
        'F32',
      ),
      /diverged/,
    ],
  ])('are refused with %s', (_, bytes, message) => {
    expect(() => read('dir/a.safetensors', bytes)).toThrow(message);
    expect(() => read('dir/a.safetensors', bytes)).toThrow("'dir/a.safetensors'");
  });

  it.each(['model.pt', 'model.pth', 'model.ckpt', 'model.keras', 'model.h5'])(
    'are not read from %s, which gets the line that converts it',
    (name) => {
      expect(() => read(name, new Uint8Array(8))).toThrow(/python -c/);
    },
  );
});

const TENSORS = torchTensors();
const KERNELS = DENSE.map(({ inputs, outputs, weight }, index) => ({
  name: `kernel${index}`,
  shape: [inputs, outputs],
  data: weight,
}));
const BIASES = DENSE.map(({ outputs, bias }, index) => ({
  name: `bias${index}`,
  shape: [outputs],
  data: bias,
}));

/** As PyTorch exports linear layers. */
function gemms(activate: (index: number, value: string) => readonly OnnxNode[]): OnnxNode[] {
  return DENSE.flatMap((_, index): OnnxNode[] => [
    {
      op: 'Gemm',
      inputs: [index === 0 ? 'input' : `a${index - 1}`, `${2 * index}.weight`, `${2 * index}.bias`],
      output: `z${index}`,
      ints: { transB: 1 },
    },
    ...(index === DENSE.length - 1 ? [] : activate(index, `z${index}`)),
  ]);
}

const sole =
  (op: string) =>
  (index: number, value: string): readonly OnnxNode[] => [
    { op, inputs: [value], output: `a${index}` },
  ];

/** As Keras, by tf2onnx. */
const matMuls = DENSE.flatMap((_, index): OnnxNode[] => [
  {
    op: 'MatMul',
    inputs: [index === 0 ? 'input' : `a${index - 1}`, `kernel${index}`],
    output: `m${index}`,
  },
  { op: 'Add', inputs: [`m${index}`, `bias${index}`], output: `z${index}` },
  index === DENSE.length - 1
    ? { op: 'Softmax', inputs: [`z${index}`], output: 'probabilities' }
    : { op: 'Relu', inputs: [`z${index}`], output: `a${index}` },
]);

describe('graphs', () => {
  it.each(ENCODINGS)('of PyTorch are read, weights as %s', (type) => {
    const network = read('a.onnx', onnxFile(gemms(sole('Relu')), TENSORS, { type }));
    expect(flat(network)).toEqual(FLAT);
    expect(network).toMatchObject({ activation: 'relu', scalesInputs: false });
  });

  it.each([true, false])('of Keras are read, raw data: %s', (raw) => {
    const network = read('a.onnx', onnxFile(matMuls, [...KERNELS, ...BIASES], { raw }));
    expect(flat(network)).toEqual(FLAT);
    expect(network.activation).toBe('relu');
  });

  it('may transpose their weights by a node', () => {
    const turned = KERNELS.map(({ name, shape: [rows = 0, columns = 0], data }) => ({
      name: `${name}.T`,
      shape: [columns, rows],
      data: transpose(data, rows, columns),
    }));
    const nodes = KERNELS.map(({ name }) => ({
      op: 'Transpose',
      inputs: [`${name}.T`],
      output: name,
    }));
    const network = read('a.onnx', onnxFile([...nodes, ...matMuls], [...turned, ...BIASES]));
    expect(flat(network)).toEqual(FLAT);
  });

  it.each<[string, (index: number, value: string) => readonly OnnxNode[]]>([
    ['tanh', sole('Tanh')],
    ['gelu', sole('Gelu')],
    [
      'silu',
      (index, value) => [
        { op: 'Sigmoid', inputs: [value], output: `s${index}` },
        { op: 'Mul', inputs: [value, `s${index}`], output: `a${index}` },
      ],
    ],
    [
      'gelu',
      (index, value) => [
        { op: 'Div', inputs: [value, 'root'], output: `d${index}` },
        { op: 'Erf', inputs: [`d${index}`], output: `e${index}` },
        { op: 'Add', inputs: [`e${index}`, 'one'], output: `f${index}` },
        { op: 'Mul', inputs: [value, `f${index}`], output: `g${index}` },
        { op: 'Mul', inputs: [`g${index}`, 'half'], output: `a${index}` },
      ],
    ],
  ])('tell their activation, %s', (activation, nodes) => {
    const scalars = Object.entries({ root: Math.SQRT2, one: 1, half: 0.5 }).map(
      ([name, value]) => ({ name, shape: [], data: Float32Array.of(value) }),
    );
    const network = read('a.onnx', onnxFile(gemms(nodes), [...TENSORS, ...scalars]));
    expect(network.activation).toBe(activation);
    expect(flat(network)).toEqual(FLAT);
  });

  it('have scalings of inputs and normalisations folded into their layers', () => {
    const numbers = (name: string, count: number, from: number) => ({
      name,
      shape: [count],
      data: Float32Array.from({ length: count }, (_, i) => from + i / 8),
    });
    const constants = [
      numbers('mean', 4, -0.5),
      numbers('scale', 4, 2),
      numbers('gain', 7, 0.5),
      numbers('offset', 7, 0.1),
      numbers('moving mean', 7, -0.2),
      numbers('variance', 7, 1),
    ];
    const [first, ...rest] = gemms(sole('Relu'));
    const nodes: OnnxNode[] = [
      { op: 'Sub', inputs: ['input', 'mean'], output: 'centred' },
      { op: 'Div', inputs: ['centred', 'scale'], output: 'scaled' },
      { ...first!, inputs: ['scaled', '0.weight', '0.bias'], output: 'before' },
      {
        op: 'BatchNormalization',
        inputs: ['before', 'gain', 'offset', 'moving mean', 'variance'],
        output: 'z0',
      },
      ...rest,
    ];
    const network = read('a.onnx', onnxFile(nodes, [...TENSORS, ...constants]));
    expect(network.scalesInputs).toBe(true);
    const x = new Random(2, 'rows').normals(8 * 4);
    const [logits] = evaluateNetworks(ARCHITECTURE, [flat(network)], x);
    const value = (name: string, i: number): number =>
      constants.find((own) => own.name === name)!.data[i]!;
    const scaled = x.map(
      (own, place) => (own - value('mean', place % 4)) / value('scale', place % 4),
    );
    const [layer, ...others] = DENSE;
    const normalised = {
      weight: layer!.weight.map((own, place) => own * factor(place % 7)),
      bias: layer!.bias.map(
        (own, j) => (own - value('moving mean', j)) * factor(j) + value('offset', j),
      ),
    };
    function factor(j: number): number {
      return value('gain', j) / Math.sqrt(value('variance', j) + 1e-5);
    }
    const weights = [normalised, ...others].flatMap(({ weight, bias }) => [...weight, ...bias]);
    const [expected] = evaluateNetworks(ARCHITECTURE, [Float32Array.from(weights)], scaled);
    logits!.forEach((logit, place) => {
      expect(logit).toBeCloseTo(expected![place]!, 3);
    });
  });

  it('are refused with layers of other kinds, by the name of the node', () => {
    const nodes = gemms(sole('LSTM'));
    expect(() => read('a.onnx', onnxFile(nodes, TENSORS))).toThrow(/'node 1' is LSTM/);
  });
});

describe('damaged files of networks', () => {
  const files: Readonly<Record<string, Uint8Array>> = {
    'a.safetensors': safetensors(TENSORS, 'F32'),
    'a.npz': npz(
      Object.fromEntries(
        TENSORS.map(({ name, shape, data }) => [name, npy('<f4', shape, bytesOf(data))]),
      ),
    ),
    'a.onnx': onnxFile(gemms(sole('Relu')), TENSORS),
  };

  it.each(Object.entries(files))('are read or refused by name: %s', (name, bytes) => {
    const random = new Random(1, 'damage', name);
    let refused = 0;
    for (let file = 0; file < 300; file++) {
      const damaged = bytes.slice(
        0,
        random.integer(6) === 0 ? random.integer(bytes.length) : undefined,
      );
      for (let times = random.integer(4); times >= 0; times--) {
        damaged[random.integer(damaged.length)] = random.integer(256);
      }
      try {
        expect(flat(read(name, damaged)).every(Number.isFinite)).toBe(true);
      } catch (error) {
        if (!(error instanceof WeightspringError)) throw error;
        expect(error.message).toContain(`'${name}'`);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(30);
  });
});
