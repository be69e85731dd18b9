import type { Activation } from '../../network/architecture.js';
import { transposed, type DenseLayer } from './chain-layers.js';
import { foreign, type BesideFiles, type ForeignTensor } from './foreign-tensor.js';
import { attributeOf, ForeignGraph, type ForeignNode } from './onnx-values.js';

/** A perceptron in a graph. */
export interface OnnxPerceptron {
  readonly layers: readonly DenseLayer[];
  /** Between the layers; all are the same. Null for a single layer. */
  readonly activation: Activation | null;
  /** Whether the graph itself scales its inputs, so that it takes raw features. */
  readonly scalesInputs: boolean;
}

/** Nodes that pass a value on as it is, for perceptrons. */
const NEUTRAL = ['Identity', 'Flatten', 'Reshape', 'Dropout', 'Cast', 'Squeeze', 'Unsqueeze'];
/** Nodes after which nothing decides the class any more. */
const ENDS = ['Softmax', 'LogSoftmax', 'ArgMax', 'TopK', 'Sigmoid'];
const ELEMENTWISE = ['Add', 'Sub', 'Mul', 'Div'];
const MOST_NODES = 10_000;

/**
 * The perceptron that a graph computes, as PyTorch, Keras (tf2onnx) and others export it: `Gemm`, or
 * `MatMul` and `Add`, activations, constants that scale inputs or normalise activations, which are
 * folded into the layers.
 *
 * @param beside - files that hold its weights
 * @throws WeightspringError `data-corrupt`, naming the node that is of no perceptron
 */
export function readOnnxPerceptron(bytes: Uint8Array, beside: BesideFiles): OnnxPerceptron {
  return new PerceptronWalk(new ForeignGraph(bytes, beside)).walk();
}

/** `a x + c`, each a number or one for each neuron. */
interface Scaling {
  readonly factor: Float32Array;
  readonly shift: Float32Array;
}

class PerceptronWalk {
  readonly #layers: DenseLayer[] = [];
  readonly #activations: Activation[] = [];
  #value: string;
  /** Of the value, to be folded into the next layer. */
  #scaling: Scaling | null = null;
  #scalesInputs = false;

  constructor(private readonly graph: ForeignGraph) {
    this.#value = graph.input;
  }

  walk(): OnnxPerceptron {
    for (let steps = 0; steps < MOST_NODES; steps++) {
      if (!this.#step()) return this.#result();
    }
    throw foreign('its graph has no end');
  }

  /** Follows the value through the nodes that read it. @returns whether there are any */
  #step(): boolean {
    const readers = this.graph.readersOf(this.#value);
    const composite = this.#composite(readers);
    if (composite !== null) return this.#activate(composite.activation, composite.output);
    const [node] = readers.filter(({ opType }) => !ENDS.includes(opType ?? ''));
    if (node === undefined) return false;
    const [output = ''] = node.output ?? [];
    const { opType = '' } = node;
    if (opType === 'Gemm' || opType === 'MatMul') this.#addLayer(node);
    else if (opType === 'Relu') return this.#activate('relu', output);
    else if (opType === 'Tanh') return this.#activate('tanh', output);
    else if (opType === 'Gelu') return this.#activate('gelu', output);
    else if (opType === 'BatchNormalization') this.#scale(this.#batchNorm(node));
    else if (ELEMENTWISE.includes(opType ?? '')) this.#scale(this.#elementwise(node));
    else if (!NEUTRAL.includes(opType ?? '')) {
      // Whatever comes after the last layer, such as a choice of outputs.
      if (this.graph.outputs.includes(this.#value)) return false;
      throw foreign(
        `its node '${node.name ?? ''}' is ${opType ?? 'nothing'}, which is of no perceptron: expected ` +
          'Gemm, MatMul, Add and activations (relu, tanh, gelu, silu)',
      );
    }
    this.#value = output;
    return true;
  }

  /** silu and gelu, which exporters write as several nodes. */
  #composite(
    readers: readonly ForeignNode[],
  ): { readonly activation: Activation; readonly output: string } | null {
    if (readers.length < 2) return null;
    const sigmoid = readers.find(({ opType }) => opType === 'Sigmoid')?.output?.[0];
    const gated = readers.find(
      ({ opType, input }) => opType === 'Mul' && sigmoid !== undefined && input?.includes(sigmoid),
    )?.output?.[0];
    if (gated !== undefined) return { activation: 'silu', output: gated };
    const hasErf = readers.some(({ output }) =>
      this.graph.readersOf(output?.[0] ?? '').some(({ opType }) => opType === 'Erf'),
    );
    return hasErf ? { activation: 'gelu', output: this.#endOfGelu(readers) } : null;
  }

  /** The last value before the next layer. */
  #endOfGelu(readers: readonly ForeignNode[]): string {
    let value = readers[0]?.output?.[0] ?? '';
    for (let steps = 0; steps < 8; steps++) {
      const [next] = this.graph.readersOf(value);
      if (next === undefined || next.opType === 'MatMul' || next.opType === 'Gemm') break;
      value = next.output?.[0] ?? '';
    }
    return value;
  }

  #activate(activation: Activation, output: string): boolean {
    if (this.#layers.length === 0) throw foreign(`its graph applies ${activation} to its inputs`);
    if (this.#activations.length === this.#layers.length) {
      throw foreign(`its graph applies ${activation} to what is activated already`);
    }
    this.#activations.push(activation);
    this.#value = output;
    return true;
  }

  #addLayer(node: ForeignNode): void {
    const [left = '', right = '', third = ''] = node.input ?? [];
    const matrix = this.graph.constant(right);
    if (left !== this.#value || matrix?.shape.length !== 2) {
      throw foreign(
        `its node '${node.name ?? ''}' multiplies by something else than a matrix of weights`,
      );
    }
    if (this.#layers.length > 0 && this.#activations.length < this.#layers.length) {
      throw foreign(`no activation lies before its node '${node.name ?? ''}'`);
    }
    const isGemm = node.opType === 'Gemm';
    if (isGemm && attributeOf(node, 'transA', 0) !== 0) {
      throw foreign(`its node '${node.name ?? ''}' transposes its rows`);
    }
    const [rows = 0, columns = 0] = matrix.shape;
    const isTransposed = isGemm && attributeOf(node, 'transB', 0) !== 0;
    const [inputs, outputs] = isTransposed ? [columns, rows] : [rows, columns];
    const alpha = isGemm ? attributeOf(node, 'alpha', 1) : 1;
    const beta = isGemm ? attributeOf(node, 'beta', 1) : 1;
    const weight = (isTransposed ? transposed(matrix.data, rows, columns) : matrix.data).map(
      (value) => alpha * value,
    );
    const bias = new Float32Array(outputs);
    if (isGemm && third !== '') {
      const added = this.#neurons(third, outputs);
      added.forEach((value, j) => (bias[j] = beta * value));
    }
    this.#layers.push(this.#afterScaling({ inputs, outputs, weight, bias }));
    this.#scaling = null;
  }

  /** A layer that computes from x what it did from `a x + c`. */
  #afterScaling(layer: DenseLayer): DenseLayer {
    if (this.#scaling === null) return layer;
    if (this.#layers.length === 0) this.#scalesInputs = true;
    const { inputs, outputs } = layer;
    const { factor, shift } = this.#scaling;
    const weight = new Float32Array(layer.weight.length);
    const bias = Float64Array.from(layer.bias);
    for (let i = 0; i < inputs; i++) {
      for (let j = 0; j < outputs; j++) {
        const own = layer.weight[i * outputs + j] as number;
        weight[i * outputs + j] = at(factor, i) * own;
        bias[j] = (bias[j] as number) + at(shift, i) * own;
      }
    }
    return { inputs, outputs, weight, bias: Float32Array.from(bias) };
  }

  /** The bias of a MatMul, or a normalisation behind a layer. */
  #foldIntoLast(): void {
    const last = this.#layers.at(-1);
    if (this.#scaling === null || last === undefined) return;
    const { factor, shift } = this.#scaling;
    const { inputs, outputs } = last;
    this.#layers[this.#layers.length - 1] = {
      inputs,
      outputs,
      weight: last.weight.map((value, place) => value * at(factor, place % outputs)),
      bias: last.bias.map((value, j) => value * at(factor, j) + at(shift, j)),
    };
    this.#scaling = null;
  }

  #scale({ factor, shift }: Scaling): void {
    const before = this.#scaling ?? { factor: Float32Array.of(1), shift: Float32Array.of(0) };
    const length = Math.max(
      ...[factor, shift, before.factor, before.shift].map((own) => own.length),
    );
    const each = (value: (i: number) => number): Float32Array =>
      Float32Array.from({ length }, (_, i) => value(i));
    this.#scaling = {
      factor: each((i) => at(before.factor, i) * at(factor, i)),
      shift: each((i) => at(before.shift, i) * at(factor, i) + at(shift, i)),
    };
    // Right behind a layer, it belongs to that layer.
    if (this.#layers.length > this.#activations.length) this.#foldIntoLast();
  }

  #elementwise(node: ForeignNode): Scaling {
    const [left = '', right = ''] = node.input ?? [];
    const isLeft = left === this.#value;
    const values = this.#neurons(isLeft ? right : left);
    const [one, zero] = [Float32Array.of(1), Float32Array.of(0)];
    switch (node.opType) {
      case 'Add':
        return { factor: one, shift: values };
      case 'Mul':
        return { factor: values, shift: zero };
      case 'Sub':
        return isLeft
          ? { factor: one, shift: values.map((value) => -value) }
          : { factor: Float32Array.of(-1), shift: values };
      default:
        if (!isLeft)
          throw foreign(`its node '${node.name ?? ''}' divides by a value of the network`);
        return { factor: values.map((value) => 1 / value), shift: zero };
    }
  }

  #batchNorm(node: ForeignNode): Scaling {
    const [, ...names] = node.input ?? [];
    const [gain, offset, mean, variance] = names.map((name) => this.#neurons(name));
    if (!gain || !offset || !mean || !variance) throw foreign('a BatchNormalization lacks tensors');
    const epsilon = attributeOf(node, 'epsilon', 1e-5);
    const factor = gain.map((value, i) => value / Math.sqrt(at(variance, i) + epsilon));
    return { factor, shift: offset.map((value, i) => value - at(mean, i) * at(factor, i)) };
  }

  /** Constants of one number for each neuron, or one for all. */
  #neurons(name: string, count?: number): Float32Array {
    const tensor: ForeignTensor | null = this.graph.constant(name);
    const expected = count ?? this.#layers.at(-1)?.outputs;
    const length = tensor?.data.length;
    if (
      tensor === null ||
      length === undefined ||
      (expected !== undefined && length !== expected && length !== 1)
    ) {
      throw foreign(`its value '${name}' is not a number for each of ${expected ?? 'its'} neurons`);
    }
    return length === 1 && count !== undefined
      ? new Float32Array(count).fill(tensor.data[0] as number)
      : tensor.data;
  }

  #result(): OnnxPerceptron {
    const kinds = new Set(this.#activations.slice(0, this.#layers.length - 1));
    if (this.#layers.length === 0) throw foreign('its graph has no layer of weights');
    if (this.#activations.length > this.#layers.length - 1) {
      throw foreign(`its graph ends in ${this.#activations.at(-1) ?? ''}: expected logits`);
    }
    if (kinds.size > 1) throw foreign(`its graph mixes activations: ${[...kinds].join(', ')}`);
    const [activation = null] = kinds;
    return { layers: this.#layers, activation, scalesInputs: this.#scalesInputs };
  }
}

/** Of one number for all, or one for each. */
function at(values: Float32Array, i: number): number {
  return values[values.length === 1 ? 0 : i] as number;
}
