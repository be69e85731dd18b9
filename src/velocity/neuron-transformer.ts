import { z } from 'zod';
import { ensure } from '../errors.js';
import { INPUT } from '../network/graph.js';
import { OUTPUT } from '../network/neurons.js';
import type { Point, PointTensor } from '../network/point-layout.js';
import {
  adaptiveLayerNorm,
  gatedAdaptiveLayerNorm,
} from '../ops/composites/adaptive-layer-norm.js';
import { multiHeadAttention } from '../ops/composites/attention.js';
import { linear } from '../ops/composites/linear.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import {
  blockOf,
  edgeValues,
  nodesOf,
  updatedEdge,
  EDGE_UPDATES,
  type EdgeFeatures,
  type EdgeOptions,
  type EdgeUpdate,
} from './edge-features.js';
import { gatedFeedForward } from './feed-forward.js';
import { PointView, type Edges } from './point-view.js';
import { anyWidths, type ServedFamilies } from './served-families.js';
import { asColumn, dropLastAxis, expandAxis, split } from './tensor-axes.js';
import { timeEmbedding } from './time-embedding.js';
import {
  type AnyWidthsConfig,
  type VelocityKind,
  anyWidthsKind,
  ensureHeads,
  fields,
} from './velocity-kind.js';
import type { Bottleneck, VelocityNetwork } from './velocity-network.js';

export interface NeuronTransformerConfig extends AnyWidthsConfig {
  readonly kind: 'neuron-transformer';
  /** Token width D. */
  readonly width: number;
  readonly heads: number;
  /** Width d_e of the features of a hidden-to-hidden weight. */
  readonly edgeWidth: number;
  /** How these features are updated; the first flows have `full`. */
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
  readonly served: ServedFamilies;
  /** Hidden-to-hidden weights are read from features of their own. */
  readonly bottleneck: Bottleneck;

  constructor(readonly config: NeuronTransformerConfig) {
    const { width, slots } = config;
    ensureHeads(config);
    this.bottleneck = { per: 'neuron', width };
    this.served = anyWidths({ ...config, ...(slots === 0 ? {} : { maxWidth: slots }) });
  }

  predict<T>(
    ops: TensorOps<T>,
    parameter: ParameterSource<T>,
    point: Point<T>,
    t: T,
    until?: T,
  ): readonly T[] {
    const view = new PointView(ops, point, this.served);
    return new ForwardPass(ops, parameter, this.config, view).run(t, until);
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

  run(t: T, until?: T): T[] {
    const { ops, config } = this;
    const condition = timeEmbedding(ops, this.parameter, t, config.width, until);
    let tokens = ops.concat(this.readTokens(), 1);
    let edges: readonly EdgeFeatures<T>[] = this.readEdges();
    for (let block = 0; block < config.blocks; block++) {
      if (edges.length > 0) {
        [tokens, edges] = this.exchange(`block${block}.edges`, tokens, edges, condition);
      }
      tokens = this.transform(`block${block}`, tokens, condition);
    }
    tokens = adaptiveLayerNorm(ops, this.parameter, 'final', tokens, condition);
    return this.write(this.tokensBySet(tokens), edges);
  }

  private get edgeOptions(): EdgeOptions {
    return { width: this.config.edgeWidth, update: this.config.edgeUpdate };
  }

  private linear(name: string, x: T, outFeatures: number, isOutput = false): T {
    return linear(
      this.ops,
      this.parameter,
      name,
      x,
      outFeatures,
      isOutput ? { init: 'output' } : {},
    );
  }

  /** Tokens of each set of hidden neurons `[batch, h, D]`, then the output token `[batch, 1, D]`. */
  private readTokens(): T[] {
    const { ops, config, point } = this;
    const tokens = point.hidden.map(({ name }) => {
      let token = this.linear('read.bias', asColumn(ops, point.bias(name)), config.width);
      for (const { from, to, weight } of point.edges) {
        if (from !== INPUT || to !== name) continue;
        const incoming = ops.transpose(weight, [0, 2, 1]);
        token = ops.add(token, this.linear('read.incoming', incoming, config.width));
      }
      for (const { from, to, weight } of point.edges) {
        if (from !== name || to !== OUTPUT) continue;
        token = ops.add(token, this.linear('read.outgoing', weight, config.width));
      }
      token = ops.add(token, this.embedLayer(name));
      return config.slots > 0 ? ops.add(token, this.embedSlots(name)) : token;
    });
    return [...tokens, ops.add(this.readOutput(), this.embedLayer(OUTPUT))];
  }

  /** Biases of the outputs and, where the point has one, the log scale: [batch, 1, D]. */
  private readOutput(): T {
    const { ops, config, point } = this;
    const bias = point.bias(OUTPUT);
    const row = point.logScale === undefined ? bias : ops.concat([bias, point.logScale], 1);
    return this.linear('read.output', expandAxis(ops, row, 1), config.width);
  }

  /** Where a set of neurons stands and how wide its surroundings are: [1, 1, D]. */
  private embedLayer(neurons: string): T {
    return this.linear('read.layer', this.point.layerFeatures(neurons), this.config.width);
  }

  private embedSlots(neurons: string): T {
    const { ops, config, point } = this;
    const name = `read.slots${point.hiddenNumber(neurons)}`;
    const table = this.parameter(name, [1, config.slots, config.width], {
      kind: 'normal',
      std: 0.02,
    });
    return ops.slice(table, 1, 0, point.width(neurons));
  }

  /** Features of every hidden-to-hidden weight: `[batch, n, m, d_e]`. */
  private readEdges(): EdgeFeatures<T>[] {
    return this.point.edges.filter(isHidden).map(({ name, from, to, weight }) => {
      const column = asColumn(this.ops, weight);
      return { name, from, to, features: this.linear('read.edge', column, this.config.edgeWidth) };
    });
  }

  /**
   * Messages between tokens and edges: each edge is updated from its two tokens, then each token
   * adds a gated linear map of the mean of its incoming and outgoing edges.
   */
  private exchange(
    name: string,
    tokens: T,
    edges: readonly EdgeFeatures<T>[],
    condition: T,
  ): [T, readonly EdgeFeatures<T>[]] {
    const { ops } = this;
    const { normed, gate } = gatedAdaptiveLayerNorm(ops, this.parameter, name, tokens, condition);
    const sets = this.tokensBySet(normed);
    const updated = edges.map((edge) => ({
      ...edge,
      features: updatedEdge(ops, this.parameter, name, blockOf(edge, sets), this.edgeOptions),
    }));
    const messages = [...sets].map(([neurons, set]) => this.gather(name, set, updated, neurons));
    return [ops.add(tokens, ops.mul(gate, ops.concat(messages, 1))), updated];
  }

  /** Messages from the edges around a set of neurons to its tokens: `[batch, h, D]`. */
  private gather(name: string, set: T, edges: readonly EdgeFeatures<T>[], neurons: string): T {
    const { ops, config } = this;
    const parts: T[] = [];
    for (const { from, features } of edges) {
      if (from !== neurons) continue;
      parts.push(this.linear(`${name}.outgoing`, ops.mean(features, [2]), config.width));
    }
    for (const { to, features } of edges) {
      if (to !== neurons) continue;
      parts.push(this.linear(`${name}.incoming`, ops.mean(features, [1]), config.width));
    }
    if (parts.length === 0) return ops.mul(set, ops.constant(0));
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

  /** The tokens of each set of hidden neurons and of the output, in the order of all tokens. */
  private tokensBySet(tokens: T): ReadonlyMap<string, T> {
    const sets = [...this.point.hidden, { name: OUTPUT, size: 1 }];
    const sizes = sets.map(({ size }) => size);
    const parts = split(this.ops, tokens, 1, sizes);
    return new Map(sets.map(({ name }, index) => [name, parts[index] as T]));
  }

  /** The output in the shapes of the point. */
  private write(tokens: ReadonlyMap<string, T>, edges: readonly EdgeFeatures<T>[]): T[] {
    const { ops, config, point } = this;
    const { layout } = point.point;
    const tokenOf = (neurons: string): T => nodesOf(tokens, neurons);
    let output: readonly T[] = [];
    const own = (tensor: PointTensor): T => {
      const { name, role, from, to } = tensor;
      if (to === OUTPUT && role !== 'weight') {
        if (output.length === 0) output = this.writeOutput(tokenOf(OUTPUT));
        return output[role === 'bias' ? 0 : 1] as T;
      }
      if (role === 'bias') {
        return dropLastAxis(ops, this.linear('write.bias', tokenOf(to), 1, true));
      }
      if (to === OUTPUT) {
        return this.linear('write.outgoing', tokenOf(from ?? INPUT), config.outputs, true);
      }
      if (from === INPUT) {
        const incoming = this.linear('write.incoming', tokenOf(to), config.inputs, true);
        return ops.transpose(incoming, [0, 2, 1]);
      }
      const edge = edges.find((edge) => edge.name === name);
      ensure(edge !== undefined, 'internal', () => `no features of the edges ${name}`);
      const block = blockOf(edge, tokens);
      return edgeValues(ops, this.parameter, 'write.edge', block, config.edgeWidth);
    };
    return layout.tensors.map(own);
  }

  /** Biases of the outputs and, where the point has one, the log scale. */
  private writeOutput(token: T): readonly T[] {
    const { ops, config, point } = this;
    const sizes = point.logScale === undefined ? [config.outputs] : [config.outputs, 1];
    const size = sizes.reduce((sum, part) => sum + part);
    const output = this.linear('write.output', token, size, true);
    return split(ops, ops.reshape(output, [point.batch, size]), 1, sizes);
  }
}

/** Whether edges lead from hidden neurons to hidden neurons. */
function isHidden<T>({ from, to }: Edges<T>): boolean {
  return from !== INPUT && to !== OUTPUT;
}

/** The kind of {@link NeuronTransformer}. */
export const neuronTransformer: VelocityKind<
  NeuronTransformerConfig,
  'width' | 'blocks' | 'heads' | 'edgeWidth' | 'edgeUpdate' | 'mlpRatio' | 'slots'
> = {
  defaults: NEURON_TRANSFORMER_DEFAULTS,
  schema: z.strictObject({
    kind: z.literal('neuron-transformer'),
    inputs: fields.inputs,
    outputs: fields.outputs,
    maxHiddenLayers: fields.maxHiddenLayers,
    width: fields.width,
    blocks: fields.blocks,
    heads: fields.heads,
    edgeWidth: fields.edgeWidth,
    // Flows from before there was a choice.
    edgeUpdate: z
      .enum(EDGE_UPDATES)
      .default('full')
      .describe('how the features of a weight are updated'),
    mlpRatio: fields.mlpRatio,
    slots: z.int().min(0).max(65_536).describe('learned neuron embeddings, 0 for none'),
  }),
  ...anyWidthsKind,
  create: (config) => new NeuronTransformer(config),
};
