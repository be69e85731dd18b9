import pkg from '#onnx-proto';
import type { onnx as Proto } from '#onnx-proto';
import { externalBytes, externalPlace } from './external-data.js';
import {
  decodeWeights,
  foreign,
  fromBfloat16,
  type BesideFiles,
  type ForeignTensor,
} from './foreign-tensor.js';
import { decodeFloat16 } from '../../files/float16.js';
import { transposed } from './chain-layers.js';

const { onnx } = pkg;

/** A node of a graph that another program wrote. */
export type ForeignNode = Proto.INodeProto;

/** `TensorProto.DataType` by safetensors's name. */
const TYPES: ReadonlyMap<number, string> = new Map([
  [1, 'F32'],
  [10, 'F16'],
  [11, 'F64'],
  [16, 'BF16'],
]);
/** Constants that are computed of constants are followed so far. */
const MOST_STEPS = 16;

/** The graph of an ONNX file of any exporter: its nodes by what they read, and its constants. */
export class ForeignGraph {
  readonly nodes: readonly ForeignNode[];
  /** The one input that is no initialiser. */
  readonly input: string;
  /** Its sizes behind the batch; null for one that is not fixed. Empty where the file does not say. */
  readonly inputShape: readonly (number | null)[];
  readonly outputs: readonly string[];
  readonly #readers = new Map<string, ForeignNode[]>();
  readonly #writers = new Map<string, ForeignNode>();
  readonly #initializers: ReadonlyMap<string, Proto.ITensorProto>;

  /**
   * @param beside - files that hold its weights
   * @throws WeightspringError `data-corrupt` for a file that is no ONNX model of one input
   */
  constructor(
    bytes: Uint8Array,
    private readonly beside: BesideFiles,
  ) {
    const graph = graphOf(bytes);
    this.nodes = graph.node ?? [];
    this.outputs = (graph.output ?? []).map(({ name }) => name ?? '');
    this.#initializers = new Map((graph.initializer ?? []).map((own) => [own.name ?? '', own]));
    for (const node of this.nodes) {
      for (const name of node.output ?? []) this.#writers.set(name, node);
      for (const name of new Set(node.input ?? [])) {
        this.#readers.set(name, [...(this.#readers.get(name) ?? []), node]);
      }
    }
    const inputs = (graph.input ?? []).filter(({ name }) => !this.#initializers.has(name ?? ''));
    const [only] = inputs;
    if (only === undefined || inputs.length > 1) {
      const names = inputs.map(({ name }) => name ?? '').join(', ');
      throw foreign(`its graph has ${inputs.length} inputs (${names}), expected one`);
    }
    this.input = only.name ?? '';
    const sizes = only.type?.tensorType?.shape?.dim ?? [];
    this.inputShape = sizes.slice(1).map(({ dimValue }) => Number(dimValue ?? 0) || null);
  }

  readersOf(value: string): readonly ForeignNode[] {
    return this.#readers.get(value) ?? [];
  }

  /** Integers that the graph holds, such as the sizes of a Reshape; null for anything else. */
  integers(name: string): readonly number[] | null {
    const node = this.#writers.get(name);
    const attribute = (node?.attribute ?? []).find((own) => own.name === 'value');
    const tensor =
      this.#initializers.get(name) ?? (node?.opType === 'Constant' ? attribute?.t : undefined);
    if (tensor?.dataType !== onnx.TensorProto.DataType.INT64) return null;
    const { rawData, int64Data } = tensor;
    if (rawData === null || rawData === undefined || rawData.length === 0) {
      return (int64Data ?? []).map(Number);
    }
    const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
    return Array.from({ length: Math.floor(rawData.length / 8) }, (_, i) =>
      Number(view.getBigInt64(8 * i, true)),
    );
  }

  /**
   * A tensor of weights that the graph holds, or computes of such by moving axes.
   *
   * @returns null for a value that depends on the input, or holds no floating-point numbers
   */
  constant(name: string, steps = 0): ForeignTensor | null {
    const stored = this.#initializers.get(name);
    if (stored !== undefined) return readTensor(stored, this.beside);
    const node = this.#writers.get(name);
    if (node === undefined || steps > MOST_STEPS) return null;
    const [first = ''] = node.input ?? [];
    switch (node.opType) {
      case 'Constant': {
        const value = (node.attribute ?? []).find((own) => own.name === 'value')?.t;
        return value === undefined || value === null ? null : readTensor(value, this.beside);
      }
      case 'Identity':
      case 'Cast':
        return this.constant(first, steps + 1);
      case 'Transpose': {
        const before = this.constant(first, steps + 1);
        if (before?.shape.length !== 2) return before;
        const [rows = 0, columns = 0] = before.shape;
        return { shape: [columns, rows], data: transposed(before.data, rows, columns) };
      }
      default:
        return null;
    }
  }
}

/**
 * The files beside a graph that hold its weights.
 *
 * @throws WeightspringError `data-corrupt` for a file that is no ONNX model, or names files elsewhere
 */
export function externalFiles(bytes: Uint8Array): readonly string[] {
  const places = (graphOf(bytes).initializer ?? []).map(externalPlace);
  return [...new Set(places.flatMap((place) => place?.file ?? []))];
}

function graphOf(bytes: Uint8Array): Proto.IGraphProto {
  try {
    const { graph } = onnx.ModelProto.decode(bytes);
    if (graph !== null && graph !== undefined && (graph.node ?? []).length > 0) return graph;
  } catch {
    // Reported below, like a file without a graph.
  }
  throw foreign('it is not an ONNX model with a graph, or a damaged one');
}

function readTensor(tensor: Proto.ITensorProto, beside: BesideFiles): ForeignTensor | null {
  const name = tensor.name ?? '';
  const type = TYPES.get(tensor.dataType ?? 0);
  if (type === undefined) return null;
  const shape = (tensor.dims ?? []).map(Number);
  const size = shape.reduce((product, dim) => product * dim, 1);
  const place = externalPlace(tensor);
  const raw =
    place === null ? (tensor.rawData ?? new Uint8Array()) : externalBytes(name, place, beside);
  const data = raw.length > 0 ? decodeWeights(type, raw, size) : fieldData(tensor, type);
  if (data?.length !== size || shape.some((dim) => dim < 0)) {
    throw foreign(
      `its tensor '${name}', ${type} [${shape.join(', ')}], does not hold ${size} numbers`,
    );
  }
  return { shape, data };
}

/** Numbers in the field of their type. */
function fieldData(
  { floatData, doubleData, int32Data }: Proto.ITensorProto,
  type: string,
): Float32Array {
  if (type === 'F32') return Float32Array.from(floatData ?? []);
  if (type === 'F64') return Float32Array.from(doubleData ?? []);
  const words = Uint16Array.from(int32Data ?? []);
  return type === 'F16' ? decodeFloat16(words) : fromBfloat16(words);
}

/** A list of integers of a node. */
export function integersOf(node: ForeignNode, name: string): readonly number[] {
  return ((node.attribute ?? []).find((own) => own.name === name)?.ints ?? []).map(Number);
}

/** An integer or a number of a node. */
export function attributeOf(node: ForeignNode, name: string, initial: number): number {
  const found = (node.attribute ?? []).find((own) => own.name === name);
  if (found === undefined) return initial;
  return found.type === onnx.AttributeProto.AttributeType.FLOAT
    ? (found.f ?? initial)
    : Number(found.i ?? initial);
}
