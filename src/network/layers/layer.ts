import type { z } from 'zod';
import type { GraphBuilder } from '../../onnx/graph-builder.js';
import type { Dim, Shape } from '../../onnx/dim.js';
import type { TensorOps } from '../../ops/tensor-ops.js';

/** Most neurons of one layer: numbers of weights stay exact, whatever a graph asks for. */
export const MAX_UNITS = 2 ** 20;

/**
 * What may be done to one neuron without changing the function, besides exchanging it with another:
 * for a factor n, everything that writes the neuron is divided by n and everything that reads it
 * multiplied. `scale` allows every n > 0, `sign` n = −1, `none` nothing.
 */
export type NeuronSymmetry = 'scale' | 'sign' | 'none';

/**
 * Which of these symmetries a layer leaves to the neurons that pass through it: `scale` if it is
 * positively homogeneous, `sign` if it is odd, `all` if it is linear.
 */
export type LayerSymmetry = NeuronSymmetry | 'all';

/**
 * What a tensor is to its neurons: a `weight` leads from those that the layer reads to those that it
 * writes, a `bias` is added to each neuron, a `gain` multiplies each.
 */
export type TensorRole = 'weight' | 'bias' | 'gain';

/** How an untrained tensor is filled: `fan-in` is uniform in ±1/√fanIn. */
export type TensorInit = 'fan-in' | 'ones';

/** A tensor of parameters of one layer, before it has its place in a network. */
export interface LayerTensor {
  /** Unique in its layer; with the layer's number it is the name in the network: `w` in `w1`. */
  readonly name: string;
  readonly role: TensorRole;
  readonly shape: Shape;
  /** What each axis runs along: the neurons of the layer's first input, of its output, or none. */
  readonly axes: readonly ('in' | 'out' | null)[];
  /** Numbers per pair of neurons: 1 for a dense weight, k² for a kernel. */
  readonly features: number;
  /** Inputs of one output: what `fan-in` initialisation and the scale laws depend on. */
  readonly fanIn: Dim;
  readonly init: TensorInit;
  /** Name in torch's module of this layer. */
  readonly torchName: string;
  /** Axes in torch's order: torch's axis i is ours `torchAxes[i]`. */
  readonly torchAxes: readonly number[];
}

/**
 * How the neurons of a layer's output relate to those of its inputs: it `opens` new ones, or all
 * inputs and the output `share` theirs.
 */
export type NeuronRule = 'opens' | 'shares';

/**
 * A kind of layer. Its file holds everything that the program knows about it. `N` is its node in the
 * grammar of architectures, without id and inputs.
 */
export interface Layer<N extends { readonly op: string }> {
  readonly op: N['op'];
  /** Fields of the node. */
  readonly schema: z.ZodObject;
  /** Smallest and largest number of inputs. */
  readonly arity: { readonly min: number; readonly max: number };
  readonly neurons: NeuronRule;
  symmetry(node: N): LayerSymmetry;
  /**
   * Shape of one row of its output, its first axis the neurons.
   *
   * @param inputs - shape of one row of each input
   * @throws WeightspringError `invalid-argument` for inputs that the layer cannot read
   */
  outputShape(node: N, inputs: readonly Shape[]): Shape;
  /**
   * Its tensors in the order of the flat layout; none for most kinds.
   *
   * @param inputs - shape of one row of each input
   * @param output - shape of one row of the output
   */
  tensors(node: N, inputs: readonly Shape[], output: Shape): readonly LayerTensor[];
  /** The node without what changes neither shapes nor tensors, as all graphs of a family have it. */
  familyNode(node: N): N;
  /**
   * The node with another number of neurons, where it `opens` them; else itself.
   *
   * @param neurons - a symbol in the graph of a family
   */
  resized(node: N, neurons: Dim): N;
  /**
   * Its output for a batch of rows, or for a stack of networks.
   *
   * @param tensors - in the order of {@link tensors}, shaped as `networkValues` says
   * @param inputs - [N, …] or [M, N, …] each
   */
  forward<T>(ops: TensorOps<T>, node: N, tensors: readonly T[], inputs: readonly T[]): T;
  /**
   * Appends it to an ONNX graph of operator set 13.
   *
   * @param tensors - names of the initialisers, in torch's layout
   * @param inputs - names of the values [N, …] that it reads
   * @param output - name of the output. Default: a new one
   * @returns the name of the output
   */
  toOnnx(
    graph: GraphBuilder,
    node: N,
    tensors: readonly string[],
    inputs: readonly string[],
    output?: string,
  ): string;
}
