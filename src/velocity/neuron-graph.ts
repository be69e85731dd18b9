import { WeightspringError } from '../errors.js';
import { linear } from '../ops/composites/linear.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import { blockOf, edgeValues, type EdgeFeatures } from './edge-features.js';
import type { PointTensor } from '../network/point-layout.js';
import type { PointView } from './point-view.js';
import { asColumn, dropLastAxis, expandAxis, split } from './tensor-axes.js';

/** A point as a graph: a node for every neuron, an edge for every weight and no other pair. */
export interface NeuronGraph<T> {
  /** Of all sets of neurons, one after the other: [batch, d_0 + … + d_L, D]. */
  readonly nodes: T;
  /** In the order of the point's weights. */
  readonly edges: readonly EdgeFeatures<T>[];
}

/** Sizes of the features. */
export interface GraphWidths {
  /** D, of a neuron. */
  readonly width: number;
  /** d_e, of a weight. */
  readonly edgeWidth: number;
}

/** Reads points as graphs, and what graphs say about their points. */
export class GraphCodec<T> {
  constructor(
    private readonly ops: TensorOps<T>,
    private readonly parameter: ParameterSource<T>,
    private readonly point: PointView<T>,
    private readonly widths: GraphWidths,
  ) {}

  /**
   * The graph of the point.
   *
   * Every input and output neuron has a learned embedding of its own; the neurons of a hidden layer
   * have one together, so that their permutations, and no others, commute with what follows.
   *
   * @param condition - [batch, c], what every neuron starts with
   */
  read(condition: T): NeuronGraph<T> {
    const { ops, point } = this;
    const common = expandAxis(ops, this.#node('read.time', condition), 1);
    const sets = point.neurons.map((_, place) => ops.add(this.#readNeurons(place), common));
    const edges = point.edges.map(({ from, to, weight }) => ({
      from,
      to,
      features: this.#readEdges(to, weight),
    }));
    return { nodes: ops.concat(sets, 1), edges };
  }

  /**
   * What a graph predicts for its point, in the shapes of the point; 0 before training. A weight
   * comes from its edge and its ends, a bias from its neuron, the log scale from the mean of the
   * output neurons.
   */
  write({ nodes, edges }: NeuronGraph<T>): T[] {
    const { ops, parameter, point } = this;
    const sets = this.split(nodes);
    const start = { init: 'output' } as const;
    const { tensors } = point.point.layout;
    const written = new Map<PointTensor, T>();
    tensors
      .filter(({ from }) => from !== null)
      .forEach((weight, index) => {
        const block = blockOf(edges[index] as EdgeFeatures<T>, sets);
        const bias = linear(ops, parameter, 'write.bias', block.to, 1, start);
        written.set(weight, edgeValues(ops, parameter, 'write.edge', block, this.widths.edgeWidth));
        const beside = tensors.find(({ role, node }) => role === 'bias' && node === weight.node);
        if (beside !== undefined) written.set(beside, dropLastAxis(ops, bias));
      });
    return tensors.map((tensor) => {
      if (tensor.role !== 'log-scale') return written.get(tensor) as T;
      const outputs = ops.mean(sets.at(-1) as T, [1]);
      return linear(ops, parameter, 'write.scale', outputs, 1, start);
    });
  }

  /** The nodes of each set of neurons, [batch, n, D]. */
  split(nodes: T): T[] {
    const { ops, point } = this;
    return split(
      ops,
      nodes,
      1,
      point.neurons.map(({ size }) => size),
    );
  }

  #readNeurons(place: number): T {
    const { ops, point } = this;
    if (!point.hasBias(place)) return this.#ownEmbeddings('read.inputs', place);
    const bias = this.#node('read.bias', asColumn(ops, point.bias(place)));
    const features = ops.add(bias, this.#node('read.layer', point.layerFeatures(place)));
    if (place < point.last) return features;
    const outputs = ops.add(features, this.#ownEmbeddings('read.outputs', place));
    if (point.logScale === undefined) return outputs;
    return ops.add(outputs, expandAxis(ops, this.#node('read.scale', point.logScale), 1));
  }

  #readEdges(to: number, weight: T): T {
    const { ops, parameter, point } = this;
    const { edgeWidth } = this.widths;
    const column = asColumn(ops, weight);
    const place = linear(ops, parameter, 'read.edges', point.layerFeatures(to), edgeWidth);
    return ops.add(
      linear(ops, parameter, 'read.edge', column, edgeWidth),
      expandAxis(ops, place, 1),
    );
  }

  /** [1, n, D] for neurons whose number the task fixes. */
  #ownEmbeddings(name: string, place: number): T {
    const neurons = this.point.width(place);
    if (typeof neurons === 'number') {
      return this.parameter(name, [1, neurons, this.widths.width], { kind: 'normal', std: 1 });
    }
    throw new WeightspringError(
      'shape-mismatch',
      `${name} expects a layer of known width, got ${neurons}`,
    );
  }

  #node(name: string, x: T): T {
    return linear(this.ops, this.parameter, name, x, this.widths.width);
  }
}
