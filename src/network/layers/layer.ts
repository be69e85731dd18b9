import type { z } from 'zod';
import type { GraphBuilder } from '../../onnx/graph-builder.js';
import type { Dim, Shape } from '../../onnx/dim.js';
import type { TensorOps } from '../../ops/tensor-ops.js';

/** Most neurons of one layer: numbers of weights stay exact, whatever a graph asks for. */
export const MAX_UNITS = 2 ** 20;

/**
 * What may be done to one neuron, besides exchanging it with another, without changing the function:
 * `scale` multiplies what goes in by a positive factor and divides what comes out by it, `sign`
 * turns both round, `none` is nothing.
 */
export type NeuronSymmetry = 'scale' | 'sign' | 'none';

/** What a layer leaves of the symmetries of neurons that pass through it; `all` if it is linear. */
export type LayerSymmetry = NeuronSymmetry | 'all';

/** A tensor of parameters of one layer, before it has its place in a network. */
export interface LayerTensor {
  readonly role: 'weight' | 'bias';
  readonly shape: Shape;
  /** Per axis: follows the neurons that the layer reads, those it writes, or none. */
  readonly axes: readonly ('in' | 'out' | null)[];
  /** Numbers per pair of neurons: 1 for a dense weight, k² for a kernel. */
  readonly features: number;
  /** Name within torch's module of this layer. */
  readonly torchName: string;
  /** Axes in torch's order: torch's axis i is ours `torchAxes[i]`. */
  readonly torchAxes: readonly number[];
}

/** How the neurons of a layer's output relate to those of its inputs. */
export type NeuronRule =
  /** Neurons of their own. */
  | 'opens'
  /** The same neurons in all inputs and the output. */
  | 'shares';

/**
 * A kind of layer: all that a network needs to know of it stands in its one file. `N` is its node in
 * the grammar of architectures, without its name and inputs.
 */
export interface Layer<N extends { readonly op: string }> {
  readonly op: N['op'];
  /** Fields of the node. */
  readonly schema: z.ZodObject;
  /** Number of inputs, at least and at most. */
  readonly arity: { readonly min: number; readonly max: number };
  readonly neurons: NeuronRule;
  symmetry(node: N): LayerSymmetry;
  /**
   * Shape of one row of its output.
   *
   * @param inputs - shapes of one row of each input
   * @throws WeightspringError `invalid-argument` for inputs that it cannot read
   */
  outputShape(node: N, inputs: readonly Shape[]): Shape;
  /** Its tensors in the order of the flat layout; none for most kinds. */
  tensors(node: N, inputs: readonly Shape[], output: Shape): readonly LayerTensor[];
  /** Inputs of one output: what its initialisation and the laws of its scales depend on. */
  fanIn(inputs: readonly Shape[]): Dim;
  /**
   * The node as all graphs of a family have it: without what changes neither shapes nor tensors, and
   * with another number of neurons.
   *
   * @param neurons - of a layer that opens some
   */
  familyNode(node: N, neurons: Dim): N;
  /** Its output for a batch of rows; tensors may be stacked, as {@link networkValues} says. */
  forward<T>(ops: TensorOps<T>, node: N, tensors: readonly T[], inputs: readonly T[]): T;
  /**
   * Appends it to an ONNX graph.
   *
   * @param tensors - names of the initialisers, laid out as torch does
   * @param output - name of the output, where it matters
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
