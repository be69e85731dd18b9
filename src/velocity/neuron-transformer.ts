import { ensure, WeightspringError } from '../errors.js';
import { gelu } from '../ops/composites/activations.js';
import {
  adaptiveLayerNorm,
  gatedAdaptiveLayerNorm,
} from '../ops/composites/adaptive-layer-norm.js';
import { linear } from '../ops/composites/linear.js';
import { layerNorm } from '../ops/composites/layer-norm.js';
import { multiHeadAttention } from '../ops/composites/attention.js';
import { fourierEmbedding } from '../ops/composites/fourier-embedding.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import { addDims } from '../onnx/dim.js';
import {
  hasScaleCoordinate,
  hiddenLayersOfPoint,
  type VelocityNetwork,
} from './velocity-network.js';

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
  mlpRatio: 4,
  slots: 0,
} as const satisfies Partial<NeuronTransformerConfig>;

/** Sizes of the time embedding; it conditions every block through adaptive layer norm. */
const TIME_FEATURES = 64;

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
  readonly maxHiddenLayers: number;

  constructor(readonly config: NeuronTransformerConfig) {
    ensure(
      config.width % config.heads === 0,
      'invalid-argument',
      () => `width ${config.width} must be a multiple of heads ${config.heads}`,
      'width',
    );
    this.maxHiddenLayers = config.maxHiddenLayers;
  }

  predict<T>(
    ops: TensorOps<T>,
    parameter: ParameterSource<T>,
    point: readonly T[],
    t: T,
  ): readonly T[] {
    const hidden = hiddenLayersOfPoint(point.length);
    ensure(
      hidden >= 1 && hidden <= this.maxHiddenLayers,
      'unsupported-architecture',
      () => `expected 1 to ${this.maxHiddenLayers} hidden layers, got ${hidden}`,
    );
    return new ForwardPass(ops, parameter, this.config, point, hidden).run(t);
  }
}

/** One evaluation: holds what every part of it needs, so that the parts stay short. */
class ForwardPass<T> {
  constructor(
    private readonly ops: TensorOps<T>,
    private readonly parameter: ParameterSource<T>,
    private readonly config: NeuronTransformerConfig,
    private readonly point: readonly T[],
    private readonly hidden: number,
  ) {}

  run(t: T): T[] {
    const { ops, config } = this;
    const condition = this.embedTime(t);
    let tokens = ops.concat(this.readTokens(), 1);
    let edges = this.readEdges();
    for (let block = 0; block < config.blocks; block++) {
      if (this.hidden > 1) {
        [tokens, edges] = this.exchange(`block${block}.edges`, tokens, edges, condition);
      }
      tokens = this.transform(`block${block}`, tokens, condition);
    }
    tokens = adaptiveLayerNorm(ops, this.parameter, 'final', tokens, condition);
    return this.write(this.splitTokens(tokens), edges);
  }

  private get hasScale(): boolean {
    return hasScaleCoordinate(this.point.length);
  }

  private linear(name: string, x: T, outFeatures: number, zeros = false): T {
    return linear(this.ops, this.parameter, name, x, outFeatures, zeros ? { init: 'zeros' } : {});
  }

  private tensor(index: number): T {
    const tensor = this.point[index];
    if (tensor === undefined) throw new WeightspringError('internal', `no tensor ${index}`);
    return tensor;
  }

  /** `w_layer`, layers counted from 1. */
  private weight(layer: number): T {
    return this.tensor(2 * layer - 2);
  }

  private bias(layer: number): T {
    return this.tensor(2 * layer - 1);
  }

  /** [batch] → [batch, width], ready for the modulation of every block. */
  private embedTime(t: T): T {
    const features = fourierEmbedding(this.ops, t, { features: TIME_FEATURES });
    const hidden = gelu(this.ops, this.linear('time.in', features, this.config.width));
    return gelu(this.ops, this.linear('time.out', hidden, this.config.width));
  }

  /** Tokens of each hidden layer `[batch, h_l, D]`, then the output token `[batch, 1, D]`. */
  private readTokens(): T[] {
    const { ops, config, hidden } = this;
    const tokens: T[] = [];
    for (let layer = 1; layer <= hidden; layer++) {
      let token = this.linear('read.bias', asColumn(ops, this.bias(layer)), config.width);
      if (layer === 1) {
        const incoming = ops.transpose(this.weight(1), [0, 2, 1]);
        token = ops.add(token, this.linear('read.incoming', incoming, config.width));
      }
      if (layer === hidden) {
        token = ops.add(token, this.linear('read.outgoing', this.weight(hidden + 1), config.width));
      }
      token = ops.add(token, this.embedLayer(layer));
      if (config.slots > 0) token = ops.add(token, this.embedSlots(layer));
      tokens.push(token);
    }
    tokens.push(ops.add(this.readOutput(), this.embedLayer(hidden + 1)));
    return tokens;
  }

  /** Biases of the outputs and, where the point has one, the log scale. */
  private readOutput(): T {
    const { ops, config, hidden } = this;
    const bias = this.bias(hidden + 1);
    const row = this.hasScale ? ops.concat([bias, this.tensor(this.point.length - 1)], 1) : bias;
    const [batch = 1, size = 1] = ops.shape(row);
    return this.linear('read.output', ops.reshape(row, [batch, 1, size]), config.width);
  }

  /**
   * Where a layer stands and how wide its surroundings are: [1, 1, D].
   *
   * Features: the number of hidden layers (one-hot), the position from the front (one-hot), and
   * log2(width/16) of the layer before, this one, and the one after.
   */
  private embedLayer(layer: number): T {
    const { ops, config, hidden } = this;
    const size = config.maxHiddenLayers;
    const position = new Float64Array(2 * size + 1);
    position[hidden - 1] = 1;
    position[size + layer - 1] = 1;
    const features = [ops.constant(position, [1, 1, position.length])];
    for (const neighbour of [layer - 1, layer, layer + 1]) {
      features.push(this.logWidth(Math.min(neighbour, hidden + 1)));
    }
    return this.linear('read.layer', ops.concat(features, 2), config.width);
  }

  /** log2(d_layer / 16) as [1, 1, 1], also where the width is symbolic. */
  private logWidth(layer: number): T {
    const { ops } = this;
    const width = layer === 0 ? ops.count(this.weight(1), [1]) : ops.count(this.bias(layer), [1]);
    const scaled = ops.log(ops.mul(width, ops.constant(1 / 16)));
    return ops.reshape(ops.mul(scaled, ops.constant(Math.LOG2E)), [1, 1, 1]);
  }

  private embedSlots(layer: number): T {
    const { ops, config } = this;
    const table = this.parameter(`read.slots${layer}`, [1, config.slots, config.width], {
      kind: 'normal',
      std: 0.02,
    });
    const [, width = 1] = ops.shape(this.bias(layer));
    return ops.slice(table, 1, 0, width);
  }

  /** Features of every hidden-to-hidden weight: `[batch, h_l, h_{l+1}, d_e]`, l = 1 … hidden−1. */
  private readEdges(): T[] {
    const edges: T[] = [];
    for (let layer = 2; layer <= this.hidden; layer++) {
      const column = asColumn(this.ops, this.weight(layer));
      edges.push(this.linear('read.edge', column, this.config.edgeWidth));
    }
    return edges;
  }

  /**
   * Messages between tokens and edges: `e_ij += MLP(norm(e_ij) + P h_i + Q h_j)`, then each
   * token adds a gated linear map of the mean of its incoming and outgoing edges.
   */
  private exchange(name: string, tokens: T, edges: readonly T[], condition: T): [T, T[]] {
    const { ops, config } = this;
    const { normed, gate } = gatedAdaptiveLayerNorm(ops, this.parameter, name, tokens, condition);
    const layers = this.splitTokens(normed);
    const updated = edges.map((edge, index) => {
      const from = this.linear(`${name}.from`, at(layers, index), config.edgeWidth);
      const to = this.linear(`${name}.to`, at(layers, index + 1), config.edgeWidth);
      const mixed = ops.add(
        ops.add(layerNorm(ops, edge), expandAxis(ops, from, 2)),
        expandAxis(ops, to, 1),
      );
      const inner = gelu(ops, this.linear(`${name}.mlp.in`, mixed, 2 * config.edgeWidth));
      return ops.add(edge, this.linear(`${name}.mlp.out`, inner, config.edgeWidth));
    });
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
    const { normed, gate } = gatedAdaptiveLayerNorm(
      ops,
      parameter,
      `${name}.mlp`,
      attended,
      condition,
    );
    const inner = gelu(ops, this.linear(`${name}.mlp.in`, normed, config.mlpRatio * config.width));
    return ops.add(attended, ops.mul(gate, this.linear(`${name}.mlp.out`, inner, config.width)));
  }

  /** The tokens of each hidden layer and, last, the output token. */
  private splitTokens(tokens: T): T[] {
    const { ops, hidden } = this;
    const parts: T[] = [];
    const starts: (number | string)[] = [0];
    for (let layer = 1; layer <= hidden; layer++) {
      const [, width = 1] = ops.shape(this.bias(layer));
      const start = starts[layer - 1] ?? 0;
      parts.push(ops.slice(tokens, 1, start, width));
      starts.push(addDims(start, width));
    }
    parts.push(ops.slice(tokens, 1, starts[hidden] ?? 0, 1));
    return parts;
  }

  /** The output in the shapes of the point. */
  private write(tokens: readonly T[], edges: readonly T[]): T[] {
    const { ops, config, hidden } = this;
    const tensors: T[] = [];
    for (let layer = 1; layer <= hidden; layer++) {
      const token = at(tokens, layer - 1);
      if (layer === 1) {
        tensors.push(
          ops.transpose(this.linear('write.incoming', token, config.inputs, true), [0, 2, 1]),
        );
      } else {
        tensors.push(this.writeEdges(at(edges, layer - 2), at(tokens, layer - 2), token));
      }
      tensors.push(dropLastAxis(ops, this.linear('write.bias', token, 1, true)));
    }
    tensors.push(this.linear('write.outgoing', at(tokens, hidden - 1), config.outputs, true));
    const size = config.outputs + (this.hasScale ? 1 : 0);
    const output = this.linear('write.output', at(tokens, hidden), size, true);
    const [batch = 1] = ops.shape(output);
    const row = ops.reshape(output, [batch, size]);
    if (!this.hasScale) return [...tensors, row];
    const [bias, scale] = [
      ops.slice(row, 1, 0, config.outputs),
      ops.slice(row, 1, config.outputs, 1),
    ];
    return [...tensors, bias, scale];
  }

  /** One value per hidden-to-hidden weight, `[batch, h_l, h_{l+1}]`, from its edge and its ends. */
  private writeEdges(edge: T, from: T, to: T): T {
    const { ops, config } = this;
    const ends = ops.add(
      expandAxis(ops, this.linear('write.edge.from', from, config.edgeWidth), 2),
      expandAxis(ops, this.linear('write.edge.to', to, config.edgeWidth), 1),
    );
    const inner = gelu(ops, ops.add(layerNorm(ops, edge), ends));
    return dropLastAxis(ops, this.linear('write.edge.out', inner, 1, true));
  }
}

function at<V>(values: readonly V[], index: number): V {
  const value = values[index];
  if (value === undefined) throw new WeightspringError('internal', `no element ${index}`);
  return value;
}

/** [..., n] → [..., n, 1] */
function asColumn<T>(ops: TensorOps<T>, x: T): T {
  return ops.reshape(x, [...ops.shape(x), 1]);
}

/** [..., n, 1] → [..., n] */
function dropLastAxis<T>(ops: TensorOps<T>, x: T): T {
  return ops.reshape(x, ops.shape(x).slice(0, -1));
}

/** Inserts an axis of size 1. */
function expandAxis<T>(ops: TensorOps<T>, x: T, axis: number): T {
  const shape = ops.shape(x);
  return ops.reshape(x, [...shape.slice(0, axis), 1, ...shape.slice(axis)]);
}
