import { ensure, WeightspringError } from '../errors.js';
import { INPUT } from '../network/graph.js';
import { OUTPUT } from '../network/neurons.js';
import type { PointTensor } from '../network/point-layout.js';
import { linear } from '../ops/composites/linear.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import { blockOf, edgeValues, nodesOf, type EdgeFeatures } from './edge-features.js';
import { numbered, unwritable, type Edges, type PointView } from './point-view.js';
import { asColumn, dropLastAxis, expandAxis, split } from './tensor-axes.js';

/** A point as a graph: a node for every neuron, an edge for every weight and no other pair. */
export interface NeuronGraph<T> {
  /** Nodes of all sets of neurons, one after the other: [batch, d_0 + … + d_L, D]. */
  readonly nodes: T;
  /** Edges in the order of the point's weights. */
  readonly edges: readonly EdgeFeatures<T>[];
}

/** Sizes of the features. */
export interface GraphWidths {
  /** D, features of a neuron. */
  readonly width: number;
  /** d_e, features of a weight. */
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
   * Every input and output neuron has its own learned embedding; the neurons of a hidden layer
   * share one, so that the following layers are equivariant to their permutations and to no others.
   *
   * @param condition - [batch, c], what every neuron starts with
   */
  read(condition: T): NeuronGraph<T> {
    const { ops, point } = this;
    const common = expandAxis(ops, this.#node('read.time', condition), 1);
    const sets = point.neurons.map(({ name }) => ops.add(this.#readNeurons(name), common));
    const edges = point.edges.map((edge) => ({
      name: edge.name,
      from: edge.from,
      to: edge.to,
      features: this.#readEdges(edge),
    }));
    return { nodes: ops.concat(sets, 1), edges };
  }

  /**
   * The output that a graph stands for, in the shapes of the point; 0 before training. A weight is
   * computed from its edge and its ends, a bias from its neuron, the log scale from the mean of the
   * output neurons.
   *
   * @throws WeightspringError `unsupported-architecture` for a gain, and for a bias without a weight
   */
  write({ nodes, edges }: NeuronGraph<T>): T[] {
    const { ops, parameter, point } = this;
    const sets = this.split(nodes);
    const { edgeWidth } = this.widths;
    const start = { init: 'output' } as const;
    const { tensors } = point.point.layout;
    const written = new Map<string, T>();
    for (const edge of point.edges) {
      const features = edges.find(({ name }) => name === edge.name);
      ensure(features !== undefined, 'internal', () => `no features of the edges ${edge.name}`);
      const block = blockOf(features, sets);
      const beside = biasBeside(tensors, edge.name);
      const index = point.biases(edge.to).findIndex(({ name }) => name === beside?.name);
      const parameterName = numbered('write.bias', Math.max(0, index));
      const bias = linear(ops, parameter, parameterName, block.to, 1, start);
      const values = edgeValues(ops, parameter, 'write.edge', block, edgeWidth, point.mostFeatures);
      written.set(edge.name, point.weightOf(edge, values));
      if (beside !== undefined) written.set(beside.name, dropLastAxis(ops, bias));
    }
    return tensors.map((tensor) => {
      if (tensor.role === 'log-scale') {
        const outputs = ops.mean(nodesOf(sets, tensor.to), [1]);
        return linear(ops, parameter, 'write.scale', outputs, 1, start);
      }
      const value = written.get(tensor.name);
      if (value === undefined) throw unwritable(tensor);
      return value;
    });
  }

  /** The nodes of each set of neurons by name, [batch, n, D]. */
  split(nodes: T): ReadonlyMap<string, T> {
    const { ops, point } = this;
    const sizes = point.neurons.map(({ size }) => size);
    const parts = split(ops, nodes, 1, sizes);
    return new Map(point.neurons.map(({ name }, index) => [name, parts[index] as T]));
  }

  /** The inverse of {@link split}. */
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
    const parts = point
      .biases(neurons)
      .map(({ value }, index) => this.#node(numbered('read.bias', index), asColumn(ops, value)));
    const features = [...parts, this.#node('read.layer', point.layerFeatures(neurons))].reduce(
      (sum, part) => ops.add(sum, part),
    );
    if (neurons !== OUTPUT) return features;
    const outputs = ops.add(features, this.#ownEmbeddings('read.outputs', neurons));
    if (point.logScale === undefined) return outputs;
    return ops.add(outputs, expandAxis(ops, this.#node('read.scale', point.logScale), 1));
  }

  #readEdges(edge: Edges<T>): T {
    const { ops, parameter, point } = this;
    const { edgeWidth } = this.widths;
    const pairs = point.pairs(edge, point.mostFeatures);
    const place = linear(ops, parameter, 'read.edges', point.layerFeatures(edge.to), edgeWidth);
    return ops.add(
      linear(ops, parameter, 'read.edge', pairs, edgeWidth),
      expandAxis(ops, place, 1),
    );
  }

  /** Embeddings [1, n, D] of neurons whose number the task fixes. */
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
