import { WeightspringError } from '../../errors.js';
import {
  graphArchitecture,
  type Architecture,
  type ArchitectureNode,
} from '../../network/architecture.js';
import { INPUT } from '../../network/graph.js';
import { layerOf, type LayerNode } from '../../network/layers/registry.js';
import { flatWeights } from '../torch-tensors.js';
import type { ForeignGraphNetwork, Scaling } from './foreign-network.js';
import { foreign } from './foreign-tensor.js';
import { at, readBatchNorm, readDense, readElementwise, readNeurons } from './onnx-layers.js';
import { attributeOf, integersOf, type ForeignGraph, type ForeignNode } from './onnx-values.js';
import { channelsFirstOrder, convolutionOptions, windowsOf } from './onnx-windows.js';

/** Operators that only networks on images have. */
const OF_IMAGES = ['Conv', 'MaxPool', 'AveragePool', 'GlobalAveragePool'];

/** Whether a graph is of a network on images, which has more than a chain of dense layers. */
export function isOfImages({ nodes }: ForeignGraph): boolean {
  return nodes.some(({ opType }) => OF_IMAGES.includes(opType ?? ''));
}

/**
 * The network on images that a graph computes, as PyTorch and tf2onnx export it: `Conv` (also of each
 * channel by itself), pools, `Gemm`, `MatMul`, activations, sums of values. `BatchNormalization` right
 * behind a layer of weights is folded into it, and so are constants.
 *
 * @throws WeightspringError `data-corrupt`, naming the node that no layer stands for
 */
export function readOnnxGraph(graph: ForeignGraph): ForeignGraphNetwork {
  return new GraphWalk(graph).walk();
}

/** A layer of weights, as torch lays them out: outputs first. */
interface Weights {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** What a value of the graph is in ours. */
interface Value {
  /** Node that computes it, or `input`. */
  readonly id: string;
  /** Of one row. */
  readonly shape: readonly number[];
  /** Whether the graph has its channels last. */
  readonly channelsLast: boolean;
  /** Channels, height and width of an image that was flattened with its channels last. */
  readonly flattened?: readonly number[] | undefined;
}

/** Nodes that pass a value on as it is. */
const NEUTRAL = ['Identity', 'Dropout', 'Cast', 'Unsqueeze', 'Squeeze'];
/** Nodes after which nothing decides the class any more. */
const ENDS = ['Softmax', 'LogSoftmax', 'ArgMax', 'TopK', 'Sigmoid'];
const ELEMENTWISE = ['Add', 'Sub', 'Mul', 'Div'];
const CHANNELS_FIRST = '0,3,1,2';
const CHANNELS_LAST = '0,2,3,1';

class GraphWalk {
  readonly #nodes: ArchitectureNode[] = [];
  readonly #weights = new Map<string, Weights>();
  readonly #values = new Map<string, Value>();
  #input: readonly number[];
  #scaling: Scaling | null = null;

  constructor(private readonly graph: ForeignGraph) {
    const sizes = graph.inputShape;
    if (sizes.length === 0 || sizes.some((size) => size === null)) {
      throw foreign('it does not say how large its images are: export it for images of fixed size');
    }
    const shape = sizes as readonly number[];
    // Images of grey values may come without the axis of their one channel.
    this.#input = shape.length === 2 ? [1, ...shape] : shape;
    this.#values.set(graph.input, { id: INPUT, shape: this.#input, channelsLast: false });
  }

  walk(): ForeignGraphNetwork {
    for (const node of this.graph.nodes) {
      const values = (node.input ?? []).flatMap((name) => this.#values.get(name) ?? []);
      const [value] = values;
      // Of constants alone, or behind the logits.
      if (value === undefined || ENDS.includes(node.opType ?? '')) continue;
      const next = this.#naming(node, () => this.#follow(node, value, values));
      if (next !== null) this.#values.set(node.output?.[0] ?? '', next);
    }
    const architecture = this.#checked();
    const weights = flatWeights(architecture, (name, size) => this.#tensor(name, size));
    return { architecture, weights, inputScaling: this.#scaling };
  }

  /** Nodes are named by number, as ours are by default. */
  #checked(): Architecture {
    try {
      return graphArchitecture({ input: this.#input, nodes: this.#nodes });
    } catch (error) {
      if (!(error instanceof WeightspringError)) throw error;
      throw foreign(`its graph is no network of ours: ${error.message}`);
    }
  }

  #tensor(name: string, size: number): Float32Array {
    const [id = '', kind = ''] = name.split('.');
    const own = this.#weights.get(id);
    const data = kind === 'weight' ? own?.weight : own?.bias;
    if (data?.length !== size) throw foreign(`its tensor '${name}' does not hold ${size} numbers`);
    return data;
  }

  #follow(node: ForeignNode, value: Value, values: readonly Value[]): Value | null {
    const { opType = '' } = node;
    switch (opType) {
      case 'Conv':
        return this.#convolution(node, value);
      case 'Gemm':
      case 'MatMul':
        return this.#dense(node, value);
      case 'BatchNormalization':
        return this.#scale(
          node,
          value,
          readBatchNorm(node, (name) => this.#neurons(name, value)),
        );
      case 'MaxPool':
        return this.#append(value, { op: 'max-pool', ...windowsOf(node) });
      case 'AveragePool':
        return this.#append(value, { op: 'avg-pool', ...windowsOf(node) });
      case 'GlobalAveragePool':
        return this.#append(value, { op: 'global-avg-pool' });
      case 'ReduceMean':
        return this.#mean(node, value);
      case 'Flatten':
      case 'Reshape':
        return this.#reshape(node, value);
      case 'Transpose':
        return this.#transpose(node, value);
      case 'Relu':
        return this.#append(value, { op: 'activation', function: 'relu' });
      case 'Tanh':
        return this.#append(value, { op: 'activation', function: 'tanh' });
      case 'Gelu':
        return this.#append(value, { op: 'activation', function: 'gelu' });
      case 'Add':
        if (values.length === 2) return this.#sum(values);
    }
    if (ELEMENTWISE.includes(opType ?? '') && values.length === 1) {
      const [name = ''] = (node.input ?? []).filter((own) => !this.#values.has(own));
      const [known = ''] = (node.input ?? []).filter((own) => own !== name);
      const scaling = readElementwise(node, known, (own) => this.#neurons(own, value));
      return this.#scale(node, value, scaling);
    }
    if (NEUTRAL.includes(opType ?? '')) return value;
    // Whatever comes after the last layer, such as a choice of outputs.
    if (this.graph.outputs.includes((node.input ?? [])[0] ?? '')) return null;
    throw foreign(
      `it is ${opType ?? 'nothing'}, which no layer stands for: expected Conv, pools, Gemm, MatMul, ` +
        'Flatten, Add, BatchNormalization and activations (relu, tanh, gelu)',
    );
  }

  #append(value: Value, layer: LayerNode, weights?: Weights): Value {
    return this.#appendTo([value], layer, weights);
  }

  #appendTo(values: readonly Value[], layer: LayerNode, weights?: Weights): Value {
    const id = String(this.#nodes.length);
    const shape = layerOf(layer).outputShape(
      layer,
      values.map((own) => own.shape),
    ) as readonly number[];
    this.#nodes.push({ ...layer, inputs: values.map((own) => own.id) });
    if (weights !== undefined) this.#weights.set(id, weights);
    return { id, shape, channelsLast: values[0]?.channelsLast ?? false };
  }

  #convolution(node: ForeignNode, value: Value): Value {
    const [, kernels = '', third = ''] = node.input ?? [];
    const tensor = this.graph.constant(kernels);
    const [outputs = 0, inputs = 0, kernel = 0, width = 0] = tensor?.shape ?? [];
    if (tensor?.shape.length !== 4 || kernel !== width) {
      throw foreign('it convolves by something else than square kernels of weights');
    }
    const options = { kernel, ...convolutionOptions(node) };
    const bias = new Float32Array(outputs);
    if (third !== '') {
      const added = readNeurons(this.graph, third, outputs);
      bias.forEach((_, j) => (bias[j] = at(added, j)));
    }
    const groups = attributeOf(node, 'group', 1);
    const weights = { weight: tensor.data.slice(), bias };
    if (groups === 1) {
      this.#ensureChannels(value, inputs);
      return this.#append(value, { op: 'conv2d', channels: outputs, ...options }, weights);
    }
    if (groups !== outputs || inputs !== 1) {
      throw foreign(`it has ${groups} groups of channels: expected 1, or one for each channel`);
    }
    this.#ensureChannels(value, groups);
    return this.#append(value, { op: 'depthwise-conv2d', ...options }, weights);
  }

  #ensureChannels({ shape }: Value, channels: number): void {
    if (shape.length !== 3 || shape[0] !== channels) {
      throw foreign(`it reads ${channels} channels of images, got [${shape.join(', ')}]`);
    }
  }

  #dense(node: ForeignNode, value: Value): Value {
    const name = (node.input ?? []).find((own) => this.#values.get(own) === value) ?? '';
    const { inputs, outputs, weight, bias } = readDense(this.graph, node, name);
    if (value.shape.length !== 1 || value.shape[0] !== inputs) {
      throw foreign(`it multiplies ${inputs} numbers, got [${value.shape.join(', ')}]`);
    }
    const order = channelsFirstOrder(value.flattened, inputs);
    const torch = new Float32Array(weight.length);
    for (let i = 0; i < inputs; i++) {
      const from = order?.[i] ?? i;
      for (let j = 0; j < outputs; j++) {
        torch[j * inputs + i] = weight[from * outputs + j] as number;
      }
    }
    return this.#append(value, { op: 'dense', units: outputs }, { weight: torch, bias });
  }

  #sum(values: readonly Value[]): Value {
    return this.#appendTo(values, { op: 'add' });
  }

  /** The mean of each channel. */
  #mean(node: ForeignNode, value: Value): Value {
    const axes = [
      ...integersOf(node, 'axes'),
      ...(this.graph.integers(node.input?.[1] ?? '') ?? []),
    ].map((axis) => (axis < 0 ? axis + 4 : axis));
    const expected = value.channelsLast ? '1,2' : '2,3';
    if (value.shape.length !== 3 || [...axes].sort().join() !== expected) {
      throw foreign(`it takes means over axes ${axes.join(', ')}: expected height and width`);
    }
    return { ...this.#append(value, { op: 'global-avg-pool' }), channelsLast: false };
  }

  #reshape(node: ForeignNode, value: Value): Value {
    const { shape } = value;
    const sizes = node.opType === 'Reshape' ? this.graph.integers(node.input?.[1] ?? '') : null;
    if (shape.length === 1) {
      const image = sizes?.slice(1) ?? [];
      const isImage = image.length === 3 && image.reduce((a, b) => a * b, 1) === shape[0];
      if (!isImage || value.id !== INPUT) return value;
      this.#input = image;
      return { ...value, shape: image };
    }
    if (sizes !== null && sizes.length > 2) {
      if (sizes.slice(1).join() === shape.join()) return value;
      throw foreign(`it turns images into [${sizes.join(', ')}]`);
    }
    const flat = this.#append(value, { op: 'flatten' });
    return { ...flat, channelsLast: false, flattened: value.channelsLast ? shape : undefined };
  }

  #transpose(node: ForeignNode, value: Value): Value {
    const order = integersOf(node, 'perm').join();
    const [first = 0, second = 0, third = 0] = value.shape;
    if (order === CHANNELS_LAST && !value.channelsLast && value.shape.length === 3) {
      return { ...value, channelsLast: true };
    }
    if (order === CHANNELS_FIRST && value.channelsLast) return { ...value, channelsLast: false };
    if (order === CHANNELS_FIRST && value.id === INPUT && third === 1) {
      this.#input = [third, first, second];
      return { ...value, shape: this.#input };
    }
    throw foreign(`it moves axes to ${order}: expected channels first, or one channel`);
  }

  /** Constants, and normalisation by fixed statistics. */
  #scale(node: ForeignNode, value: Value, { factor, shift }: Scaling): Value {
    if (value.id === INPUT) {
      this.#scaleInput(value, { factor, shift });
      return value;
    }
    const own = this.#weights.get(value.id);
    const [name = ''] = (node.input ?? []).filter((each) => this.#values.get(each) === value);
    if (own === undefined || this.graph.readersOf(name).length > 1) {
      throw foreign(
        'it does not follow a layer of weights that nothing else reads, so it cannot be folded into one',
      );
    }
    const { weight, bias } = own;
    const each = weight.length / bias.length;
    weight.forEach((number, place) => {
      weight[place] = number * at(factor, Math.floor(place / each));
    });
    bias.forEach((number, j) => {
      bias[j] = number * at(factor, j) + at(shift, j);
    });
    return value;
  }

  #scaleInput({ shape }: Value, { factor, shift }: Scaling): void {
    const features = shape.reduce((product, size) => product * size, 1);
    const each = (values: Float32Array): Float32Array =>
      Float32Array.from({ length: features }, (_, i) =>
        // One number for all, for each channel, or for each feature.
        at(values, Math.floor((i * values.length) / features)),
      );
    const [a, c] = [each(factor), each(shift)];
    const before = this.#scaling;
    this.#scaling = {
      factor: a.map((value, i) => value * (before?.factor[i] ?? 1)),
      shift: c.map((value, i) => (before?.shift[i] ?? 0) * (a[i] as number) + value),
    };
  }

  /** Constants for the neurons of a value: its channels, or for the input also its features. */
  #neurons(name: string, { id, shape }: Value): Float32Array {
    const [neurons = 1] = shape;
    const length = this.graph.constant(name)?.data.length;
    const features = shape.reduce((product, size) => product * size, 1);
    return readNeurons(this.graph, name, id === INPUT && length === features ? features : neurons);
  }

  /** Errors name the node. */
  #naming<T>(node: ForeignNode, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof WeightspringError)) throw error;
      const name = node.name === undefined || node.name === '' ? node.output?.[0] : node.name;
      throw foreign(`node '${name ?? ''}' (${node.opType ?? ''}): ${error.message}`);
    }
  }
}
