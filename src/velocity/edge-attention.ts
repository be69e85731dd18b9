import { layerNorm } from '../ops/composites/layer-norm.js';
import { linear } from '../ops/composites/linear.js';
import { multiplyDims } from '../onnx/dim.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import type { EdgeBlock } from './edge-features.js';
import { blockAt, type GraphWidths } from './neuron-graph.js';
import { expandAxis, split } from './tensor-axes.js';

export interface EdgeAttentionOptions extends GraphWidths {
  /** Divides the width of the nodes. */
  readonly heads: number;
}

/** What one block of edges brings to the neurons at its two ends, before the softmax. */
interface Scores<T> {
  /** Of the edges into a neuron: [batch, m, heads, n]. */
  readonly incoming: T;
  /** Of the edges out of a neuron: [batch, n, heads, m]. */
  readonly outgoing: T;
}

/**
 * Relational attention on the edges that exist: a neuron attends to its neighbours in the layers
 * before and after it, with one softmax over both.
 *
 * Queries, keys and values add projections of a node and of the edge,
 * `q = P h_i + P' e_ij`, `k = Q h_j + Q' e_ij`, `v = V h_j + V' e_ij`, with P, Q, V and V' of their
 * own for each of the two directions in which a weight can be looked along. Values are projected
 * after their weighted sum, with which linear maps commute: no value per edge is ever stored.
 *
 * Parameters: the linear maps `${name}.edge.query`, `.edge.key`, `.incoming.query`, `.incoming.key`,
 * `.incoming.value`, and the same of `.outgoing`.
 *
 * @param layers - nodes of layers 0 to L, [batch, d_l, D] each, normalised
 * @param edges - of layers 1 to L, [batch, d_{l−1}, d_l, d_e] each
 * @returns what each layer hears, [batch, d_l, D] each
 * @see Diao & Loynd 2023, "Relational attention: generalizing transformers for graph-structured tasks"
 */
export function edgeAttention<T>(
  ops: TensorOps<T>,
  parameter: ParameterSource<T>,
  name: string,
  layers: readonly T[],
  edges: readonly T[],
  options: EdgeAttentionOptions,
): T[] {
  const pass = new EdgeAttention(ops, parameter, name, options);
  const normed = edges.map((edge) => layerNorm(ops, edge));
  const scores = normed.map((edge, index) => pass.scores(blockAt(edge, layers, index)));
  return layers.map((layer, index) =>
    pass.gather(layer, [
      neighbours('incoming', layers[index - 1], normed[index - 1], scores[index - 1]),
      neighbours('outgoing', layers[index + 1], normed[index], scores[index]),
    ]),
  );
}

/** The neurons on one side of a layer, and the edges to them. */
interface Neighbours<T> {
  readonly direction: keyof Scores<T>;
  /** [batch, m, D] */
  readonly nodes: T;
  /** The block of the graph, from the earlier layer to the later. */
  readonly edge: T;
  /** [batch, n, heads, m] */
  readonly scores: T;
}

function neighbours<T>(
  direction: keyof Scores<T>,
  nodes: T | undefined,
  edge: T | undefined,
  scores: Scores<T> | undefined,
): Neighbours<T> | undefined {
  if (nodes === undefined || edge === undefined || scores === undefined) return undefined;
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
    const { width } = this.options;
    const ofEdges = (role: 'query' | 'key'): T =>
      linear(ops, parameter, `${name}.edge.${role}`, edge, width, { bias: false });
    const [query, key] = [ofEdges('query'), ofEdges('key')];
    const alongFrom = (x: T): T => expandAxis(ops, x, 2);
    const alongTo = (x: T): T => expandAxis(ops, x, 1);
    const incoming = this.#products(
      ops.add(query, alongTo(this.#project('incoming.query', to))),
      ops.add(key, alongFrom(this.#project('incoming.key', from))),
    );
    const outgoing = this.#products(
      ops.add(query, alongFrom(this.#project('outgoing.query', from))),
      ops.add(key, alongTo(this.#project('outgoing.key', to))),
    );
    return {
      incoming: ops.transpose(incoming, [0, 2, 3, 1]),
      outgoing: ops.transpose(outgoing, [0, 1, 3, 2]),
    };
  }

  #project(role: string, nodes: T): T {
    return linear(this.ops, this.parameter, `${this.name}.${role}`, nodes, this.options.width);
  }

  /** [batch, n, m, D] twice → [batch, n, m, heads] */
  #products(queries: T, keys: T): T {
    const { ops } = this;
    const { width, heads } = this.options;
    const sums = ops.constant(headSums(width, heads), [width, heads]);
    return ops.matMul(ops.mul(queries, keys), sums);
  }

  /** The weighted sums of what the neighbours of a layer have to say, projected: [batch, n, D]. */
  gather(layer: T, sides: readonly (Neighbours<T> | undefined)[]): T {
    const { ops } = this;
    const present = sides.filter((side) => side !== undefined);
    const scores = present.map((side) => side.scores);
    const sizes = present.map(({ nodes }) => ops.shape(nodes)[1] ?? 1);
    const shares = split(ops, ops.softmax(ops.concat(scores, 3)), 3, sizes);
    return present
      .map((side, index) => this.#heard(layer, side, shares[index] as T))
      .reduce((sum, part) => ops.add(sum, part));
  }

  /** @param shares - [batch, n, heads, m] */
  #heard(layer: T, { direction, nodes, edge }: Neighbours<T>, shares: T): T {
    const { ops } = this;
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
    return this.#project(`${direction}.value`, flat);
  }
}

/**
 * A matrix [width, heads] that sums the features of each head, divided by √(width/heads): row-major.
 */
export function headSums(width: number, heads: number): Float64Array {
  const headWidth = width / heads;
  const sums = new Float64Array(width * heads);
  for (let feature = 0; feature < width; feature++) {
    sums[heads * feature + Math.floor(feature / headWidth)] = 1 / Math.sqrt(headWidth);
  }
  return sums;
}
