import { WeightspringError } from '../errors.js';
import { linear } from '../ops/composites/linear.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import { blockAt, edgeValues } from './edge-features.js';
import type { PointView } from './point-view.js';
import { asColumn, dropLastAxis, expandAxis, split } from './tensor-axes.js';

/**
 * A point as a graph, layer by layer: a node for every neuron, an edge for every weight and no
 * other pair of neurons.
 */
export interface NeuronGraph<T> {
  /** Of layers 0 to L, one after the other: [batch, d_0 + … + d_L, D]. */
  readonly nodes: T;
  /** Of layers 1 to L: [batch, d_{l−1}, d_l, d_e] each. */
  readonly edges: readonly T[];
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
    const layers = Array.from({ length: point.layers + 1 }, (_, layer) =>
      ops.add(this.#readLayer(layer), common),
    );
    const edges = Array.from({ length: point.layers }, (_, index) => this.#readEdges(index + 1));
    return { nodes: ops.concat(layers, 1), edges };
  }

  /**
   * What a graph predicts for its point, in the shapes of the point; 0 before training. A weight
   * comes from its edge and its ends, a bias from its neuron, the log scale from the mean of the
   * output neurons.
   */
  write({ nodes, edges }: NeuronGraph<T>): T[] {
    const { ops, parameter, point } = this;
    const layers = this.layersOf(nodes);
    const zeros = { init: 'zeros' } as const;
    const tensors = edges.flatMap((edge, index) => {
      const block = blockAt(edge, layers, index);
      const bias = linear(ops, parameter, 'write.bias', block.to, 1, zeros);
      return [
        edgeValues(ops, parameter, 'write.edge', block, this.widths.edgeWidth),
        dropLastAxis(ops, bias),
      ];
    });
    if (point.logScale === undefined) return tensors;
    const outputs = ops.mean(layers.at(-1) as T, [1]);
    return [...tensors, linear(ops, parameter, 'write.scale', outputs, 1, zeros)];
  }

  /** The nodes of layers 0 to L, [batch, d_l, D] each. */
  layersOf(nodes: T): T[] {
    const { ops, point } = this;
    const sizes = Array.from({ length: point.layers + 1 }, (_, layer) => point.width(layer));
    return split(ops, nodes, 1, sizes);
  }

  #readLayer(layer: number): T {
    const { ops, point } = this;
    if (layer === 0) return this.#ownEmbeddings('read.inputs', layer);
    const bias = this.#node('read.bias', asColumn(ops, point.bias(layer)));
    const features = ops.add(bias, this.#node('read.layer', point.layerFeatures(layer)));
    if (layer < point.layers) return features;
    const outputs = ops.add(features, this.#ownEmbeddings('read.outputs', layer));
    if (point.logScale === undefined) return outputs;
    return ops.add(outputs, expandAxis(ops, this.#node('read.scale', point.logScale), 1));
  }

  #readEdges(layer: number): T {
    const { ops, parameter, point } = this;
    const { edgeWidth } = this.widths;
    const column = asColumn(ops, point.weight(layer));
    const place = linear(ops, parameter, 'read.edges', point.layerFeatures(layer), edgeWidth);
    return ops.add(
      linear(ops, parameter, 'read.edge', column, edgeWidth),
      expandAxis(ops, place, 1),
    );
  }

  /** [1, d_layer, D] for a layer whose width the task fixes. */
  #ownEmbeddings(name: string, layer: number): T {
    const neurons = this.point.width(layer);
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
