import type { Activation } from '../../network/architecture.js';
import type { DenseLayer } from './chain-layers.js';
import type { Scaling } from './foreign-network.js';
import { foreign } from './foreign-tensor.js';
import { at, readBatchNorm, readDense, readElementwise, readNeurons } from './onnx-layers.js';
import type { ForeignGraph, ForeignNode } from './onnx-values.js';

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
 * @throws WeightspringError `data-corrupt`, naming the node that is of no perceptron
 */
export function readOnnxPerceptron(graph: ForeignGraph): OnnxPerceptron {
  return new PerceptronWalk(graph).walk();
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
    if (this.#layers.length > 0 && this.#activations.length < this.#layers.length) {
      throw foreign(`no activation lies before its node '${node.name ?? ''}'`);
    }
    this.#layers.push(this.#afterScaling(readDense(this.graph, node, this.#value)));
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
    return readElementwise(node, this.#value, (name) => this.#neurons(name));
  }

  #batchNorm(node: ForeignNode): Scaling {
    return readBatchNorm(node, (name) => this.#neurons(name));
  }

  /** Constants of one number for each neuron, or one for all. */
  #neurons(name: string): Float32Array {
    return readNeurons(this.graph, name, this.#layers.at(-1)?.outputs);
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
