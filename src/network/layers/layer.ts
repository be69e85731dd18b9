import type { z } from 'zod';
import type { GraphBuilder } from '../../onnx/graph-builder.js';
import type { Dim, Shape } from '../../onnx/dim.js';
import type { ConvolutionOptions } from '../../ops/composites/convolution.js';
import type { TensorOps } from '../../ops/tensor-ops.js';

/**
 * Most neurons of one layer, numbers of one row of a value, and inputs of one neuron: keeps every
 * count of weights an exact integer.
 */
export const MAX_UNITS = 2 ** 20;

/**
 * The symmetry of one neuron besides permutation: dividing everything that writes the neuron by n
 * and multiplying everything that reads it by n keeps the function. `scale` allows every n > 0,
 * `sign` n = −1, `none` nothing.
 */
export type NeuronSymmetry = 'scale' | 'sign' | 'none';

/**
 * Which of these symmetries a layer preserves for the neurons that pass through it: `scale` if it
 * is positively homogeneous, `sign` if it is odd, `all` if it is linear.
 */
export type LayerSymmetry = NeuronSymmetry | 'all';

/**
 * What a tensor does: a `weight` connects the neurons that the layer reads to those that it writes,
 * a `bias` is added to each neuron, a `gain` multiplies each.
 */
export type TensorRole = 'weight' | 'bias' | 'gain';

/**
 * Which values of the neurons that it reads each number of a weight multiplies: `one` (a dense
 * weight), `all` positions (a kernel), or all and the zeros around them (`padded`).
 */
export type TensorReach = 'one' | 'all' | 'padded';

/** How an untrained tensor is filled: `fan-in` is uniform in ±1/√fanIn. */
export type TensorInit = 'fan-in' | 'ones';

/** A parameter tensor of one layer, not yet placed in a network. */
export interface LayerTensor {
  /**
   * Unique in its layer; followed by the layer's number it is the name in the network: `w` in `w1`.
   */
  readonly name: string;
  readonly role: TensorRole;
  /**
   * A weight is `[from, to]` or, with several numbers per pair of neurons, `[from, features, to]`.
   */
  readonly shape: Shape;
  /** What each axis runs along: the neurons of the layer's first input, of its output, or none. */
  readonly axes: readonly ('in' | 'out' | null)[];
  /**
   * Numbers per pair of neurons: 1 for a dense weight, k² for a kernel, H·W for a dense weight that
   * reads flattened channels.
   */
  readonly features: number;
  readonly reach: TensorReach;
  /** Inputs of one output; `fan-in` initialisation and the scale laws depend on it. */
  readonly fanIn: Dim;
  readonly init: TensorInit;
  /** Name in torch's module of this layer. */
  readonly torchName: string;
  /** Torch's tensor is ours with its axes in this order, in the shape `torchShape`. */
  readonly torchAxes: readonly number[];
  readonly torchShape: Shape;
}

/** One row of a value that a layer reads. */
export interface ValueRow {
  readonly shape: Shape;
  /** Numbers of its first axis per neuron: 1, or H·W once channels are flattened. */
  readonly perNeuron: number;
}

/**
 * How the neurons of a layer's output relate to those of its inputs: it `opens` new ones, or all
 * inputs and the output `share` theirs.
 */
export type NeuronRule = 'opens' | 'shares';

/**
 * A kind of layer: its file holds everything the program knows about it. `N` is its node in the
 * grammar of architectures, without id and inputs.
 */
export interface Layer<N extends { readonly op: string }> {
  readonly op: N['op'];
  /** Fields of the node. */
  readonly schema: z.ZodObject;
  /** Smallest and largest number of inputs. */
  readonly arity: { readonly min: number; readonly max: number };
  readonly neurons: NeuronRule;
  /** What its optional fields mean where they are absent: the shortest writing omits these. */
  defaults?(node: N): Partial<N>;
  symmetry(node: N): LayerSymmetry;
  /**
   * Shape of one row of its output; the first axis is the neurons, or what {@link perNeuron} says.
   *
   * @param inputs - shape of one row of each input
   * @throws WeightspringError `invalid-argument` for inputs that the layer cannot read
   */
  outputShape(node: N, inputs: readonly Shape[]): Shape;
  /**
   * Numbers of the first axis of its output per neuron. Default: 1 if it `opens` neurons, else as in
   * its inputs.
   */
  perNeuron?(node: N, input: ValueRow): number;
  /**
   * Its tensors in the order of the flat layout; none for most kinds.
   *
   * @param input - its first input
   * @param output - shape of one row of the output
   */
  tensors(node: N, input: ValueRow, output: Shape): readonly LayerTensor[];
  /**
   * The node as it appears in the graph of a family: without what changes neither shapes nor
   * tensors.
   */
  familyNode(node: N): N;
  /**
   * The node with another number of neurons if it `opens` them, else the node itself.
   *
   * @param neurons - a symbol in the graph of a family
   */
  resized(node: N, neurons: Dim): N;
  /**
   * The patches of images that it multiplies by its weight, where that is all it does: a linear map
   * of patches can then be absorbed by the weight. Default: it reads no patches.
   */
  patches?(node: N): ConvolutionOptions;
  /** The node on patches of another shape. */
  withPatches?(node: N, patches: ConvolutionOptions): N;
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
   * @param output - name of the output; undefined for a new one
   * @param shape - of one row of the output
   * @returns the name of the output
   */
  toOnnx(
    graph: GraphBuilder,
    node: N,
    tensors: readonly string[],
    inputs: readonly string[],
    output: string | undefined,
    shape: Shape,
  ): string;
}
