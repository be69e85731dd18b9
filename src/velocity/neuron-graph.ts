import { WeightspringError } from '../errors.js';
import { INPUT } from '../network/graph.js';
import { OUTPUT } from '../network/neurons.js';
import type { PointTensor } from '../network/point-layout.js';
import { linear } from '../ops/composites/linear.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import { blockOf, edgeValues, nodesOf, type EdgeFeatures } from './edge-features.js';
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

/** Encodes points as graphs, and decodes graphs into tensors in the shapes of the point. */
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
    const sets = point.neurons.map(({ name }) => ops.add(this.#readNeurons(name), common));
    const edges = point.edges.map(({ name, from, to, weight }) => ({
      name,
      from,
      to,
      features: this.#readEdges(to, weight),
    }));
    return { nodes: ops.concat(sets, 1), edges };
  }

  /**
   * The output that a graph stands for, in the shapes of the point; 0 before training. A weight
   * comes from its edge and its ends, a bias from its neuron, the log scale from the mean of the
   * output neurons.
   */
  write({ nodes, edges }: NeuronGraph<T>): T[] {
    const { ops, parameter, point } = this;
    const sets = this.split(nodes);
    const { edgeWidth } = this.widths;
    const start = { init: 'output' } as const;
    const { tensors } = point.point.layout;
    const written = new Map<string, T>();
    for (const edge of edges) {
      const block = blockOf(edge, sets);
      const bias = linear(ops, parameter, 'write.bias', block.to, 1, start);
      written.set(edge.name, edgeValues(ops, parameter, 'write.edge', block, edgeWidth));
      const beside = biasBeside(tensors, edge.name);
      if (beside !== undefined) written.set(beside.name, dropLastAxis(ops, bias));
    }
    return tensors.map(({ name, role, to }) => {
      if (role !== 'log-scale') return written.get(name) as T;
      const outputs = ops.mean(nodesOf(sets, to), [1]);
      return linear(ops, parameter, 'write.scale', outputs, 1, start);
    });
  }

  /** The nodes of each set of neurons by name, [batch, n, D]. */
  split(nodes: T): ReadonlyMap<string, T> {
    const { ops, point } = this;
    const sizes = point.neurons.map(({ size }) => size);
    const parts = split(ops, nodes, 1, sizes);
    return new Map(point.neurons.map(({ name }, index) => [name, parts[index] as T]));
  }

  /** What {@link split} parts, together again. */
  join(sets: ReadonlyMap<string, T>): T {
    const { ops, point } = this;
    return ops.concat(
      point.neurons.map(({ name }) => nodesOf(sets, name)),
      1,
    );
  }

  #readNeurons(neurons: string): T {
    const { ops, point } = this;
    if (neurons === INPUT) return this.#ownEmbeddings('read.inputs', neurons);
    const bias = this.#node('read.bias', asColumn(ops, point.bias(neurons)));
    const features = ops.add(bias, this.#node('read.layer', point.layerFeatures(neurons)));
    if (neurons !== OUTPUT) return features;
    const outputs = ops.add(features, this.#ownEmbeddings('read.outputs', neurons));
    if (point.logScale === undefined) return outputs;
    return ops.add(outputs, expandAxis(ops, this.#node('read.scale', point.logScale), 1));
  }

  #readEdges(to: string, weight: T): T {
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
  #ownEmbeddings(name: string, neurons: string): T {
    const count = this.point.width(neurons);
    if (typeof count === 'number') {
      return this.parameter(name, [1, count, this.widths.width], { kind: 'normal', std: 1 });
    }
    throw new WeightspringError(
      'shape-mismatch',
      `${name} expects a layer of known width, got ${count}`,
    );
  }

  #node(name: string, x: T): T {
    return linear(this.ops, this.parameter, name, x, this.widths.width);
  }
}

/** The bias of the layer that a weight belongs to, if it has one. */
function biasBeside(tensors: readonly PointTensor[], weight: string): PointTensor | undefined {
  const layer = tensors.find(({ name }) => name === weight)?.node;
  return tensors.find(({ role, node }) => role === 'bias' && node === layer);
}
