import pkg from '#onnx-proto';
import type { onnx as Proto } from '#onnx-proto';
import { architecture } from '../../../src/network/architecture.js';
import { networkOf } from '../../../src/network/network.js';
import { Random } from '../../../src/random.js';
import { bytesOf } from '../../data/data-files.js';

const { onnx } = pkg;

export const LAYERS = [4, 7, 5, 3] as const;
export const SHAPE = { inputs: 4, classes: 3 };
export const ARCHITECTURE = architecture([...LAYERS]);

/** Weights `[in, out]` and biases of some network, that float16 and bfloat16 hold exactly. */
export const DENSE = LAYERS.slice(1).map((outputs, index) => {
  const inputs = LAYERS[index]!;
  const random = new Random(3, 'foreign', index);
  const numbers = (count: number): Float32Array =>
    Float32Array.from({ length: count }, () => (random.integer(255) - 127) / 64);
  return { inputs, outputs, weight: numbers(inputs * outputs), bias: numbers(outputs) };
});

/** The same as a flat vector. */
export const FLAT = Float32Array.from(DENSE.flatMap(({ weight, bias }) => [...weight, ...bias]));
if (FLAT.length !== networkOf(ARCHITECTURE).parameters) throw new Error('not this architecture');

export function transpose(matrix: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(
    matrix,
    (_, place) => matrix[(place % rows) * columns + Math.floor(place / rows)]!,
  );
}

export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** As `torch.nn.Sequential` names them: weights `[out, in]`. */
export function torchTensors(prefix = ''): Tensor[] {
  return DENSE.flatMap(({ inputs, outputs, weight, bias }, index) => [
    {
      name: `${prefix}${2 * index}.weight`,
      shape: [outputs, inputs],
      data: transpose(weight, inputs, outputs),
    },
    { name: `${prefix}${2 * index}.bias`, shape: [outputs], data: bias },
  ]);
}

const encoders = {
  F64: (data: Float32Array) => bytesOf(Float64Array.from(data)),
  F32: (data: Float32Array) => bytesOf(data.slice()),
  BF16: (data: Float32Array) =>
    bytesOf(Uint16Array.from(new Uint32Array(data.slice().buffer), (word) => word >>> 16)),
} as const;
export type Encoding = keyof typeof encoders;
export const ENCODINGS = Object.keys(encoders) as Encoding[];

export function safetensors(tensors: readonly Tensor[], type: Encoding): Uint8Array {
  const blocks = tensors.map(({ data }) => encoders[type](data));
  let offset = 0;
  const header = Object.fromEntries(
    tensors.map(({ name, shape }, index) => {
      const from = offset;
      offset += blocks[index]!.length;
      return [name, { dtype: type, shape, data_offsets: [from, offset] }];
    }),
  );
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return new Uint8Array(Buffer.concat([length, json, ...blocks]));
}

const TYPES = { F64: 11, F32: 1, BF16: 16 } as const;

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly ints?: Readonly<Record<string, number | readonly number[]>>;
}

/** An ONNX file of nodes and tensors, as raw data or numbers. */
export function onnxFile(
  nodes: readonly OnnxNode[],
  tensors: readonly Tensor[],
  {
    type = 'F32',
    raw = true,
    external,
    shape,
    lists = {},
  }: {
    readonly type?: Encoding;
    readonly raw?: boolean;
    /** Where a tensor is stored, if not in the file. */
    readonly external?: (tensor: Tensor) => Readonly<Record<string, string>>;
    /** Of the input behind the batch. Default: the file does not say. */
    readonly shape?: readonly (number | string)[];
    /** Lists of integers, such as the sizes of a Reshape. */
    readonly lists?: Readonly<Record<string, readonly number[]>>;
  } = {},
): Uint8Array {
  const graph: Proto.IGraphProto = {
    name: 'main_graph',
    node: nodes.map(({ op, inputs, output, ints = {} }, index) => ({
      opType: op,
      name: `node ${index}`,
      input: [...inputs],
      output: [output],
      attribute: Object.entries(ints).map(([name, value]) =>
        typeof value === 'number'
          ? { name, i: value, type: onnx.AttributeProto.AttributeType.INT }
          : { name, ints: [...value], type: onnx.AttributeProto.AttributeType.INTS },
      ),
    })),
    initializer: [
      ...Object.entries(lists).map(([name, values]) => ({
        name,
        dims: [values.length],
        dataType: onnx.TensorProto.DataType.INT64,
        int64Data: [...values],
      })),
      ...tensors.map((tensor) => ({
        name: tensor.name,
        dims: [...tensor.shape],
        dataType: TYPES[type],
        ...(external !== undefined
          ? { dataLocation: 1, externalData: keyed(external(tensor)) }
          : raw
            ? { rawData: encoders[type](tensor.data) }
            : { floatData: Array.from(tensor.data) }),
      })),
    ],
    input: [{ name: 'input', ...(shape === undefined ? {} : { type: typeOf(shape) }) }],
    output: [
      { name: nodes.at(-1)!.output, ...(shape === undefined ? {} : { type: typeOf(['C']) }) },
    ],
  };
  return onnx.ModelProto.encode({ irVersion: 8, graph, opsetImport: [{ version: 17 }] }).finish();
}

function typeOf(shape: readonly (number | string)[]): Proto.ITypeProto {
  const dim = ['N', ...shape].map((size) =>
    typeof size === 'number' ? { dimValue: size } : { dimParam: size },
  );
  return { tensorType: { elemType: 1, shape: { dim } } };
}

const keyed = (entries: Readonly<Record<string, string>>): Proto.IStringStringEntryProto[] =>
  Object.entries(entries).map(([key, value]) => ({ key, value }));
