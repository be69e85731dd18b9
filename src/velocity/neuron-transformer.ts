import { ensure, WeightspringError } from '../errors.js';
import type { Dim } from '../onnx/dim.js';
import {
  adaptiveLayerNorm,
  gatedAdaptiveLayerNorm,
} from '../ops/composites/adaptive-layer-norm.js';
import { multiHeadAttention } from '../ops/composites/attention.js';
import { linear } from '../ops/composites/linear.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import {
  blockAt,
  edgeValues,
  updatedEdge,
  type EdgeOptions,
  type EdgeUpdate,
} from './edge-features.js';
import { gatedFeedForward } from './feed-forward.js';
import { PointView } from './point-view.js';
import { anyWidths, type ServedArchitectures } from './served-architectures.js';
import { asColumn, dropLastAxis, expandAxis, split } from './tensor-axes.js';
import { timeEmbedding } from './time-embedding.js';
import type { VelocityNetwork } from './velocity-network.js';

export interface NeuronTransformerConfig {
  readonly kind: 'neuron-transformer';
  /** d_0 and d_L: the widths that the task fixes. */
  readonly inputs: number;
  readonly outputs: number;
  /** Deepest architecture served, in hidden layers. */
  readonly maxHiddenLayers: number;
  /** Token width D. */
  readonly width: number;
  readonly blocks: number;
  readonly heads: number;
  /** Width d_e of the features of a hidden-to-hidden weight. */
  readonly edgeWidth: number;
  /** How these features take in news; the first flows have `full`. */
  readonly edgeUpdate: EdgeUpdate;
  /** Hidden width of the token MLPs over D. */
  readonly mlpRatio: number;
  /**
   * Learned embeddings for the first `slots` neuron indices of every hidden layer; 0 for none.
   * With slots the network is no longer permutation-equivariant and serves at most `slots`
   * neurons a layer.
   */
  readonly slots: number;
}

export const NEURON_TRANSFORMER_DEFAULTS = {
  kind: 'neuron-transformer',
  width: 128,
  blocks: 3,
  heads: 4,
  edgeWidth: 32,
  edgeUpdate: 'lean',
  mlpRatio: 4,
  slots: 0,
} as const satisfies Partial<NeuronTransformerConfig>;

/**
 * One token per hidden neuron, one for the output layer's own coordinates.
 *
 * What the task fixes (a first-layer neuron's incoming weights, a last-layer neuron's outgoing
 * ones, the output biases) is read and written by linear maps; a hidden-to-hidden weight is an
 * edge with `edgeWidth` features that exchanges messages with its two tokens. Without slots the
 * network is equivariant to permutations of the neurons of each hidden layer, and one set of
 * parameters serves every hidden width and up to `maxHiddenLayers` layers.
 */
export class NeuronTransformer implements VelocityNetwork {
  readonly served: ServedArchitectures;

  constructor(readonly config: NeuronTransformerConfig) {
    const { width, heads, slots } = config;
    ensure(
      width % heads === 0,
      'invalid-argument',
      () => `width ${width} must be a multiple of heads ${heads}`,
      'width',
    );
    this.served = anyWidths({ ...config, ...(slots === 0 ? {} : { maxWidth: slots }) });
  }

  predict<T>(
    ops: TensorOps<T>,
    parameter: ParameterSource<T>,
    point: readonly T[],
    t: T,
  ): readonly T[] {
    const view = new PointView(ops, point, this.served);
    return new ForwardPass(ops, parameter, this.config, view).run(t);
  }
}

/** One evaluation: holds what every part of it needs, so that the parts stay short. */
class ForwardPass<T> {
  constructor(
    private readonly ops: TensorOps<T>,
    private readonly parameter: ParameterSource<T>,
    private readonly config: NeuronTransformerConfig,
    private readonly point: PointView<T>,
  ) {}

  run(t: T): T[] {
    const { ops, config } = this;
    const condition = timeEmbedding(ops, this.parameter, t, config.width);
    let tokens = ops.concat(this.readTokens(), 1);
    let edges = this.readEdges();
    for (let block = 0; block < config.blocks; block++) {
      if (this.point.hidden > 1) {
        [tokens, edges] = this.exchange(`block${block}.edges`, tokens, edges, condition);
      }
      tokens = this.transform(`block${block}`, tokens, condition);
    }
    tokens = adaptiveLayerNorm(ops, this.parameter, 'final', tokens, condition);
    return this.write(this.splitTokens(tokens), edges);
  }

  private get edgeOptions(): EdgeOptions {
    return { width: this.config.edgeWidth, update: this.config.edgeUpdate };
  }

  private linear(name: string, x: T, outFeatures: number, zeros = false): T {
    return linear(this.ops, this.parameter, name, x, outFeatures, zeros ? { init: 'zeros' } : {});
  }

  /** Tokens of each hidden layer `[batch, h_l, D]`, then the output token `[batch, 1, D]`. */
  private readTokens(): T[] {
    const { ops, config, point } = this;
    const { hidden } = point;
    const tokens: T[] = [];
    for (let layer = 1; layer <= hidden; layer++) {
      let token = this.linear('read.bias', asColumn(ops, point.bias(layer)), config.width);
      if (layer === 1) {
        const incoming = ops.transpose(point.weight(1), [0, 2, 1]);
        token = ops.add(token, this.linear('read.incoming', incoming, config.width));
      }
      if (layer === hidden) {
        const outgoing = point.weight(hidden + 1);
        token = ops.add(token, this.linear('read.outgoing', outgoing, config.width));
      }
      token = ops.add(token, this.embedLayer(layer));
      if (config.slots > 0) token = ops.add(token, this.embedSlots(layer));
      tokens.push(token);
    }
    tokens.push(ops.add(this.readOutput(), this.embedLayer(hidden + 1)));
    return tokens;
  }

  /** Biases of the outputs and, where the point has one, the log scale: [batch, 1, D]. */
  private readOutput(): T {
    const { ops, config, point } = this;
    const bias = point.bias(point.layers);
    const row = point.logScale === undefined ? bias : ops.concat([bias, point.logScale], 1);
    return this.linear('read.output', expandAxis(ops, row, 1), config.width);
  }

  /** Where a layer stands and how wide its surroundings are: [1, 1, D]. */
  private embedLayer(layer: number): T {
    return this.linear('read.layer', this.point.layerFeatures(layer), this.config.width);
  }

  private embedSlots(layer: number): T {
    const { ops, config } = this;
    const table = this.parameter(`read.slots${layer}`, [1, config.slots, config.width], {
      kind: 'normal',
      std: 0.02,
    });
    return ops.slice(table, 1, 0, this.point.width(layer));
  }

  /** Features of every hidden-to-hidden weight: `[batch, h_l, h_{l+1}, d_e]`, l = 1 … hidden−1. */
  private readEdges(): T[] {
    const edges: T[] = [];
    for (let layer = 2; layer <= this.point.hidden; layer++) {
      const column = asColumn(this.ops, this.point.weight(layer));
      edges.push(this.linear('read.edge', column, this.config.edgeWidth));
    }
    return edges;
  }

  /**
   * Messages between tokens and edges: each edge takes in news from its two tokens, then each token
   * adds a gated linear map of the mean of its incoming and outgoing edges.
   */
  private exchange(name: string, tokens: T, edges: readonly T[], condition: T): [T, T[]] {
    const { ops } = this;
    const { normed, gate } = gatedAdaptiveLayerNorm(ops, this.parameter, name, tokens, condition);
    const layers = this.splitTokens(normed);
    const updated = edges.map((edge, index) =>
      updatedEdge(ops, this.parameter, name, blockAt(edge, layers, index), this.edgeOptions),
    );
    const messages = layers.map((layer, index) => this.gather(name, layer, updated, index));
    return [ops.add(tokens, ops.mul(gate, ops.concat(messages, 1))), updated];
  }

  /** What the edges around layer `index` (from 0) tell its tokens: `[batch, h, D]`. */
  private gather(name: string, layer: T, edges: readonly T[], index: number): T {
    const { ops, config } = this;
    const incoming = edges[index - 1];
    const outgoing = edges[index];
    const parts: T[] = [];
    if (outgoing !== undefined) {
      parts.push(this.linear(`${name}.outgoing`, ops.mean(outgoing, [2]), config.width));
    }
    if (incoming !== undefined) {
      parts.push(this.linear(`${name}.incoming`, ops.mean(incoming, [1]), config.width));
    }
    if (parts.length === 0) return ops.mul(layer, ops.constant(0));
    return parts.reduce((sum, part) => ops.add(sum, part));
  }

  /** A pre-norm transformer block with adaptive layer norm (Peebles & Xie 2023). */
  private transform(name: string, tokens: T, condition: T): T {
    const { ops, config, parameter } = this;
    const attention = `${name}.attention`;
    const before = gatedAdaptiveLayerNorm(ops, parameter, attention, tokens, condition);
    const mixed = multiHeadAttention(ops, parameter, attention, before.normed, {
      heads: config.heads,
    });
    const attended = ops.add(tokens, ops.mul(before.gate, mixed));
    const hidden = config.mlpRatio * config.width;
    return gatedFeedForward(ops, parameter, `${name}.mlp`, attended, condition, hidden);
  }

  /** The tokens of each hidden layer and, last, the output token. */
  private splitTokens(tokens: T): T[] {
    const { hidden } = this.point;
    const widths = Array.from({ length: hidden }, (_, index): Dim => this.point.width(index + 1));
    return split(this.ops, tokens, 1, [...widths, 1]);
  }

  /** The output in the shapes of the point. */
  private write(tokens: readonly T[], edges: readonly T[]): T[] {
    const { ops, config, point } = this;
    const { hidden, logScale } = point;
    const tensors: T[] = [];
    for (let layer = 1; layer <= hidden; layer++) {
      const token = at(tokens, layer - 1);
      if (layer === 1) {
        const incoming = this.linear('write.incoming', token, config.inputs, true);
        tensors.push(ops.transpose(incoming, [0, 2, 1]));
      } else {
        const block = blockAt(at(edges, layer - 2), tokens, layer - 2);
        tensors.push(edgeValues(ops, this.parameter, 'write.edge', block, config.edgeWidth));
      }
      tensors.push(dropLastAxis(ops, this.linear('write.bias', token, 1, true)));
    }
    tensors.push(this.linear('write.outgoing', at(tokens, hidden - 1), config.outputs, true));
    const sizes = logScale === undefined ? [config.outputs] : [config.outputs, 1];
    const size = sizes.reduce((sum, part) => sum + part);
    const output = this.linear('write.output', at(tokens, hidden), size, true);
    const row = ops.reshape(output, [point.batch, size]);
    return [...tensors, ...split(ops, row, 1, sizes)];
  }
}

function at<V>(values: readonly V[], index: number): V {
  const value = values[index];
  if (value === undefined) throw new WeightspringError('internal', `no element ${index}`);
  return value;
}
