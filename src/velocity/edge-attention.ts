import { layerNorm } from '../ops/composites/layer-norm.js';
import { linear } from '../ops/composites/linear.js';
import { multiplyDims } from '../onnx/dim.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import { blockOf, nodesOf, type EdgeBlock, type EdgeFeatures } from './edge-features.js';
import type { GraphWidths } from './neuron-graph.js';
import { expandAxis, split } from './tensor-axes.js';

export interface EdgeAttentionOptions extends GraphWidths {
  /** Divides the width of the nodes. */
  readonly heads: number;
}

/** Attention scores of one block of edges for the neurons at its two ends, before the softmax. */
interface Scores<T> {
  /** Of the edges into a neuron: [batch, m, heads, n]. */
  readonly incoming: T;
  /** Of the edges out of a neuron: [batch, n, heads, m]. */
  readonly outgoing: T;
}

/**
 * Relational attention on the edges that exist: a neuron attends to those that it reads and that read
 * it, with one softmax over both.
 *
 * Queries, keys and values add projections of a node and of the edge,
 * `q = P h_i + P' e_ij`, `k = Q h_j + Q' e_ij`, `v = V h_j + V' e_ij`, with P, Q, V and V' of their
 * own for each of the two directions in which a weight can be looked along. Values are projected
 * after their weighted sum, with which linear maps commute: no value per edge is ever stored.
 *
 * Parameters: the linear maps `${name}.edge.query`, `.edge.key`, `.incoming.query`, `.incoming.key`,
 * `.incoming.value`, and the same of `.outgoing`.
 *
 * @param sets - nodes of each set of neurons by name, [batch, n, D], normalised
 * @returns what each set attends to, [batch, n, D], by name
 * @see Diao & Loynd 2023, "Relational attention: generalizing transformers for graph-structured tasks"
 */
export function edgeAttention<T>(
  ops: TensorOps<T>,
  parameter: ParameterSource<T>,
  name: string,
  sets: ReadonlyMap<string, T>,
  edges: readonly EdgeFeatures<T>[],
  options: EdgeAttentionOptions,
): ReadonlyMap<string, T> {
  const pass = new EdgeAttention(ops, parameter, name, options);
  const normed = edges.map((edge) => ({ ...edge, features: layerNorm(ops, edge.features) }));
  const scored = normed.map((edge) => ({
    ...edge,
    scores: pass.scores(blockOf(edge, sets)),
  }));
  const heardBy = (name: string, set: T): T =>
    pass.gather(set, [
      ...scored.flatMap(({ from, to, features, scores }) =>
        to === name ? [neighbours('incoming', nodesOf(sets, from), features, scores)] : [],
      ),
      ...scored.flatMap(({ from, to, features, scores }) =>
        from === name ? [neighbours('outgoing', nodesOf(sets, to), features, scores)] : [],
      ),
    ]);
  return new Map([...sets].map(([name, set]) => [name, heardBy(name, set)]));
}

/** The neurons on one side of a set, and the edges to them. */
interface Neighbours<T> {
  readonly direction: keyof Scores<T>;
  /** [batch, m, D] */
  readonly nodes: T;
  /** The block of the graph, in the direction of its weights. */
  readonly edge: T;
  /** [batch, n, heads, m] */
  readonly scores: T;
}

function neighbours<T>(
  direction: keyof Scores<T>,
  nodes: T,
  edge: T,
  scores: Scores<T>,
): Neighbours<T> {
  return { direction, nodes, edge, scores: scores[direction] };
}

class EdgeAttention<T> {
  constructor(
    private readonly ops: TensorOps<T>,
    private readonly parameter: ParameterSource<T>,
    private readonly name: string,
    private readonly options: EdgeAttentionOptions,
  ) {}

  /** `q·k / √(D/heads)` of every edge, looked along from its one end and from its other. */
  scores({ edge, from, to }: EdgeBlock<T>): Scores<T> {
    const { ops, parameter, name } = this;
    const { width, heads } = this.options;
    // No biases: the adaptive norm of the nodes has shifted them.
    const project = (role: string, x: T): T =>
      linear(ops, parameter, `${name}.${role}`, x, width, { bias: false });
    const [query, key] = [project('edge.query', edge), project('edge.key', edge)];
    const alongFrom = (x: T): T => expandAxis(ops, x, 2);
    const alongTo = (x: T): T => expandAxis(ops, x, 1);
    const incoming = ops.mul(
      ops.add(query, alongTo(project('incoming.query', to))),
      ops.add(key, alongFrom(project('incoming.key', from))),
    );
    const outgoing = ops.mul(
      ops.add(query, alongFrom(project('outgoing.query', from))),
      ops.add(key, alongTo(project('outgoing.key', to))),
    );
    const sums = headSums(ops, width, heads);
    return {
      incoming: ops.transpose(ops.matMul(incoming, ops.transpose(sums, [1, 0])), [0, 2, 3, 1]),
      // As a product with a transposed operand, which runtimes fuse: on several threads onnxruntime
      // takes longer to transpose many small matrices, [n, m, heads], than for all products here.
      outgoing: ops.matMul(sums, ops.transpose(outgoing, [0, 1, 3, 2])),
    };
  }

  /** The weighted sums over the neighbours of a layer, projected: [batch, n, D]. */
  gather(layer: T, sides: readonly Neighbours<T>[]): T {
    const { ops } = this;
    const scores = sides.map((side) => side.scores);
    const sizes = sides.map(({ nodes }) => ops.shape(nodes)[1] ?? 1);
    const shares = split(ops, ops.softmax(ops.concat(scores, 3)), 3, sizes);
    return sides
      .map((side, index) => this.#heard(layer, side, shares[index] as T))
      .reduce((sum, part) => ops.add(sum, part));
  }

  /** @param shares - [batch, n, heads, m] */
  #heard(layer: T, { direction, nodes, edge }: Neighbours<T>, shares: T): T {
    const { ops, parameter, name } = this;
    const { width, edgeWidth, heads } = this.options;
    const [batch = 1, neurons = 1] = ops.shape(layer);
    const [, , , others = 1] = ops.shape(shares);
    const perNeuron = direction === 'incoming' ? ops.transpose(edge, [0, 2, 1, 3]) : edge;
    const ofEdges = ops.matMul(shares, perNeuron);
    // All neurons of a layer hear the same nodes: one product instead of one per neuron.
    const rows = ops.reshape(shares, [batch, multiplyDims(neurons, heads), others]);
    const ofNodes = ops.reshape(ops.matMul(rows, nodes), [batch, neurons, heads, width]);
    const heard = ops.concat([ofEdges, ofNodes], 3);
    const flat = ops.reshape(heard, [batch, neurons, heads * (edgeWidth + width)]);
    return linear(ops, parameter, `${name}.${direction}.value`, flat, width);
  }
}

/** A matrix [heads, width] that sums the features of each head, divided by √(width/heads). */
export function headSums<T>(ops: TensorOps<T>, width: number, heads: number): T {
  const headWidth = width / heads;
  const sums = new Float64Array(heads * width);
  for (let feature = 0; feature < width; feature++) {
    sums[Math.floor(feature / headWidth) * width + feature] = 1 / Math.sqrt(headWidth);
  }
  return ops.constant(sums, [heads, width]);
}
