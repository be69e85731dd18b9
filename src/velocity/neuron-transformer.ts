import { z } from 'zod';
import { ensure } from '../errors.js';
import { INPUT } from '../network/graph.js';
import { OUTPUT } from '../network/neurons.js';
import type { Point, PointTensor } from '../network/point-layout.js';
import type { TensorFacts } from '../network/slots.js';
import { multiplyDims, type Dim } from '../onnx/dim.js';
import {
  adaptiveLayerNorm,
  gatedAdaptiveLayerNorm,
} from '../ops/composites/adaptive-layer-norm.js';
import { multiHeadAttention } from '../ops/composites/attention.js';
import { linear } from '../ops/composites/linear.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import { checkHeads, ensureHeads } from './attention-heads.js';
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
import { numbered, PointView, unwritable, type Edges } from './point-view.js';
import { anyWidths, mostNumbers, type ServedFamilies } from './served-families.js';
import { asColumn, dropLastAxis, expandAxis, split } from './tensor-axes.js';
import { timeEmbedding } from './time-embedding.js';
import { type AnyWidthsConfig, type VelocityKind, anyWidthsKind, fields } from './velocity-kind.js';
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
  readonly #numbers: WeightNumbers;

  constructor(readonly config: NeuronTransformerConfig) {
    const { width, slots } = config;
    ensureHeads(config);
    this.bottleneck = { per: 'neuron', width };
    this.served = anyWidths({ ...config, ...(slots === 0 ? {} : { maxWidth: slots }) });
    this.#numbers = weightNumbers(this.served);
  }

  predict<T>(
    ops: TensorOps<T>,
    parameter: ParameterSource<T>,
    point: Point<T>,
    t: T,
    until?: T,
  ): readonly T[] {
    const view = new PointView(ops, point, this.served);
    return new ForwardPass(ops, parameter, this.config, this.#numbers, view).run(t, until);
  }
}

/** One evaluation: holds what every part of it needs, so that the parts stay short. */
class ForwardPass<T> {
  constructor(
    private readonly ops: TensorOps<T>,
    private readonly parameter: ParameterSource<T>,
    private readonly config: NeuronTransformerConfig,
    private readonly numbers: WeightNumbers,
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
      let token = this.readBiases(name);
      for (const edge of point.edges) {
        if (edge.from !== INPUT || edge.to !== name) continue;
        const incoming = this.perNeuron(edge, 'to', this.numbers.incoming);
        token = ops.add(token, this.linear('read.incoming', incoming, config.width));
      }
      for (const edge of point.edges) {
        if (edge.from !== name || edge.to !== OUTPUT) continue;
        const outgoing = this.perNeuron(edge, 'from', this.numbers.outgoing);
        token = ops.add(token, this.linear('read.outgoing', outgoing, config.width));
      }
      token = ops.add(token, this.embedLayer(name));
      return config.slots > 0 ? ops.add(token, this.embedSlots(name)) : token;
    });
    return [...tokens, ops.add(this.readOutput(), this.embedLayer(OUTPUT))];
  }

  /** What the biases of a set of hidden neurons say of each: [batch, h, D]. */
  private readBiases(neurons: string): T {
    const { ops, config, point } = this;
    return point
      .biases(neurons)
      .map(({ value }, index) =>
        this.linear(numbered('read.bias', index), asColumn(ops, value), config.width),
      )
      .reduce((sum, part) => ops.add(sum, part));
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

  /** All numbers of a weight that belong to a neuron at one end, filled up with zeros: `[batch, h, k]`. */
  private perNeuron({ weight, perPair }: Edges<T>, end: 'from' | 'to', numbers: number): T {
    const { ops } = this;
    const flat = perPair === 1 ? weight : this.joined(weight, end);
    const rows = end === 'from' ? flat : ops.transpose(flat, [0, 2, 1]);
    return ops.pad(rows, 2, 0, numbers - Number(ops.shape(rows)[2]));
  }

  /** [batch, n, f, m] → [batch, n · f, m], or [batch, n, f · m] for the neurons that it starts at. */
  private joined(weight: T, end: 'from' | 'to'): T {
    const [batch = 1, n = 1, f = 1, m = 1] = this.ops.shape(weight);
    const shape = end === 'to' ? [batch, multiplyDims(n, f), m] : [batch, n, multiplyDims(f, m)];
    return this.ops.reshape(weight, shape);
  }

  /** The inverse of {@link perNeuron}: a tensor in the shape of the weight. */
  private weightFrom(edge: Edges<T>, end: 'from' | 'to', rows: T): T {
    const { ops } = this;
    const shape = ops.shape(edge.weight);
    const flat = edge.perPair === 1 ? edge.weight : this.joined(edge.weight, end);
    const numbers = ops.shape(flat)[end === 'from' ? 2 : 1] ?? 1;
    const own = ops.slice(rows, 2, 0, numbers);
    const turned = end === 'from' ? own : ops.transpose(own, [0, 2, 1]);
    return edge.perPair === 1 ? turned : ops.reshape(turned, shape);
  }

  /** Features of every hidden-to-hidden weight: `[batch, n, m, d_e]`. */
  private readEdges(): EdgeFeatures<T>[] {
    return this.point.edges.filter(isHidden).map((edge) => {
      const { name, from, to } = edge;
      const pairs = this.point.pairs(edge, this.numbers.inner);
      return { name, from, to, features: this.linear('read.edge', pairs, this.config.edgeWidth) };
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
      if (role === 'gain' || (from === INPUT && to === OUTPUT)) throw unwritable(tensor);
      if (to === OUTPUT && role !== 'weight') {
        if (output.length === 0) output = this.writeOutput(tokenOf(OUTPUT));
        return output[role === 'bias' ? 0 : 1] as T;
      }
      if (role === 'bias') {
        const index = point.biases(to).findIndex((bias) => bias.name === name);
        const value = this.linear(numbered('write.bias', index), tokenOf(to), 1, true);
        return dropLastAxis(ops, value);
      }
      const edge = point.edges.find((candidate) => candidate.name === name) as Edges<T>;
      if (to === OUTPUT) {
        const rows = this.linear('write.outgoing', tokenOf(edge.from), this.numbers.outgoing, true);
        return this.weightFrom(edge, 'from', rows);
      }
      if (from === INPUT) {
        const rows = this.linear('write.incoming', tokenOf(to), this.numbers.incoming, true);
        return this.weightFrom(edge, 'to', rows);
      }
      const features = edges.find((candidate) => candidate.name === name);
      ensure(features !== undefined, 'internal', () => `no features of the edges ${name}`);
      const block = blockOf(features, tokens);
      const { inner } = this.numbers;
      const values = edgeValues(ops, this.parameter, 'write.edge', block, config.edgeWidth, inner);
      return point.weightOf(edge, values);
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

/** Most numbers that weights have in any network served. */
interface WeightNumbers {
  /** Of a hidden neuron, from the features. */
  readonly incoming: number;
  /** Of a hidden neuron, to the classes. */
  readonly outgoing: number;
  /** Of a pair of hidden neurons. */
  readonly inner: number;
}

function weightNumbers(served: ServedFamilies): WeightNumbers {
  const most = (
    isCounted: (ends: WeightEnds) => boolean,
    count: (tensor: TensorFacts) => Dim,
  ): number =>
    mostNumbers(served, (tensor) => {
      const { from, to } = tensor;
      return from !== null && isCounted({ from, to }) ? count(tensor) : null;
    });
  return {
    incoming: most(
      ({ from }) => from === INPUT,
      ({ shape }) => multiplyDims(...shape.slice(0, -1)),
    ),
    outgoing: most(
      ({ to }) => to === OUTPUT,
      ({ shape }) => multiplyDims(...shape.slice(1)),
    ),
    inner: Math.max(
      1,
      most(isHidden, ({ features }) => features),
    ),
  };
}

type WeightEnds = Pick<Edges<unknown>, 'from' | 'to'>;

/** Whether edges lead from hidden neurons to hidden neurons. */
function isHidden({ from, to }: WeightEnds): boolean {
  return from !== INPUT && to !== OUTPUT;
}

/** The kind of {@link NeuronTransformer}. */
export const neuronTransformer: VelocityKind<
  NeuronTransformerConfig,
  'width' | 'blocks' | 'heads' | 'edgeWidth' | 'edgeUpdate' | 'mlpRatio' | 'slots'
> = {
  defaults: NEURON_TRANSFORMER_DEFAULTS,
  schema: z
    .strictObject({
      kind: z.literal('neuron-transformer'),
      inputs: fields.inputs,
      outputs: fields.outputs,
      maxHiddenLayers: fields.maxHiddenLayers,
      graphs: fields.graphs,
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
    })
    .superRefine(checkHeads),
  ...anyWidthsKind,
  create: (config) => new NeuronTransformer(config),
};
