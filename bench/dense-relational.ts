import {
  adaptiveLayerNorm,
  gatedAdaptiveLayerNorm,
} from '../src/ops/composites/adaptive-layer-norm.js';
import { layerNorm } from '../src/ops/composites/layer-norm.js';
import { linear } from '../src/ops/composites/linear.js';
import { addDims, multiplyDims, type Dim } from '../src/onnx/dim.js';
import type { ParameterSource, TensorOps } from '../src/ops/tensor-ops.js';
import { headSums } from '../src/velocity/edge-attention.js';
import { updatedEdge } from '../src/velocity/edge-features.js';
import { gatedFeedForward } from '../src/velocity/feed-forward.js';
import { GraphCodec } from '../src/velocity/neuron-graph.js';
import { PointView } from '../src/velocity/point-view.js';
import type { RelationalTransformerConfig } from '../src/velocity/relational-transformer.js';
import type { Point } from '../src/network/point-layout.js';
import { anyWidths, type ServedFamilies } from '../src/velocity/served-families.js';
import { asColumn, expandAxis } from '../src/velocity/tensor-axes.js';
import { timeEmbedding } from '../src/velocity/time-embedding.js';
import type { VelocityNetwork } from '../src/velocity/velocity-network.js';

/**
 * The relational transformer as the thesis evaluates it, on all pairs of neurons: the same blocks,
 * widths and parameters per pair as ours, but every neuron attends to every neuron, and each of the
 * n² pairs has features that are updated. A stand-in for the benchmark, whose own code is not ours
 * to ship. What can be cheap in it is: a pair is looked along in one direction only, values are
 * projected after their sum, and only the pairs that are weights are read out.
 */
export class DenseRelationalTransformer implements VelocityNetwork {
  readonly served: ServedFamilies;

  constructor(readonly config: RelationalTransformerConfig) {
    this.served = anyWidths(config);
  }

  predict<T>(
    ops: TensorOps<T>,
    parameter: ParameterSource<T>,
    point: Point<T>,
    t: T,
  ): readonly T[] {
    const view = new PointView(ops, point, this.served);
    const codec = new GraphCodec(ops, parameter, view, this.config);
    return new DensePass(ops, parameter, this.config, view, codec).run(t);
  }
}

class DensePass<T> {
  constructor(
    private readonly ops: TensorOps<T>,
    private readonly parameter: ParameterSource<T>,
    private readonly config: RelationalTransformerConfig,
    private readonly point: PointView<T>,
    private readonly codec: GraphCodec<T>,
  ) {}

  run(t: T): readonly T[] {
    const { ops, parameter, config, codec } = this;
    const condition = timeEmbedding(ops, parameter, t, config.width);
    let { nodes } = codec.read(condition);
    let pairs = linear(
      ops,
      parameter,
      'read.pair',
      asColumn(ops, this.#matrix()),
      config.edgeWidth,
    );
    for (let index = 0; index < config.blocks; index++) {
      const name = `block${index}`;
      nodes = this.#attend(`${name}.attention`, nodes, pairs, condition);
      const hidden = config.mlpRatio * config.width;
      nodes = gatedFeedForward(ops, parameter, `${name}.mlp`, nodes, condition, hidden);
      const ends = adaptiveLayerNorm(ops, parameter, `${name}.edges`, nodes, condition);
      const block = { edge: pairs, from: ends, to: ends };
      pairs = updatedEdge(ops, parameter, `${name}.edges`, block, {
        width: config.edgeWidth,
        update: 'full',
      });
    }
    const normed = adaptiveLayerNorm(ops, parameter, 'final', nodes, condition);
    const edges = this.point.edges.map(({ name, from, to }) => ({
      name,
      from,
      to,
      features: this.#weights(pairs, from, to),
    }));
    return codec.write({ nodes: normed, edges });
  }

  /** [batch, n, n]: the weight between two neurons where there is one, from both sides, else 0. */
  #matrix(): T {
    const { ops, point } = this;
    const forward = point.edges
      .map(({ from, to, weight }) => this.#padded(this.#padded(weight, 1, from), 2, to))
      .reduce((sum, block) => ops.add(sum, block));
    return ops.add(forward, ops.transpose(forward, [0, 2, 1]));
  }

  /** Zeros along an axis of one set for the neurons of all others. */
  #padded(x: T, axis: number, neurons: string): T {
    const { before, after } = this.#spanOf(neurons);
    return this.ops.pad(x, axis, before, after);
  }

  /** The pairs that are weights of a layer: [batch, d_{layer−1}, d_layer, d_e]. */
  #weights(pairs: T, from: string, to: string): T {
    const along = (x: T, axis: number, neurons: string): T => {
      const { before, size } = this.#spanOf(neurons);
      return this.ops.slice(x, axis, before, size);
    };
    return along(along(pairs, 1, from), 2, to);
  }

  /** How many of all neurons stand before a set, in it and after it. */
  #spanOf(neurons: string): { readonly before: Dim; readonly size: Dim; readonly after: Dim } {
    const sets = this.point.neurons;
    const at = sets.findIndex(({ name }) => name === neurons);
    const count = (some: typeof sets): Dim => addDims(...some.map(({ size }) => size));
    return {
      before: count(sets.slice(0, at)),
      size: count(sets.slice(at, at + 1)),
      after: count(sets.slice(at + 1)),
    };
  }

  /** Every neuron j attends to every neuron i, `q_ij = P h_j + P' e_ij`, `k_ij = Q h_i + Q' e_ij`. */
  #attend(name: string, nodes: T, pairs: T, condition: T): T {
    const { ops, parameter, config } = this;
    const { width, edgeWidth, heads } = config;
    const { normed, gate } = gatedAdaptiveLayerNorm(ops, parameter, name, nodes, condition);
    const edge = layerNorm(ops, pairs);
    const end = (which: string, axis: number): T => {
      const ofNodes = linear(ops, parameter, `${name}.${which}`, normed, width, { bias: false });
      const ofEdges = linear(ops, parameter, `${name}.edge.${which}`, edge, width, { bias: false });
      return ops.add(ofEdges, expandAxis(ops, ofNodes, axis));
    };
    const sums = ops.transpose(headSums(ops, width, heads), [1, 0]);
    const scores = ops.matMul(ops.mul(end('query', 1), end('key', 2)), sums);
    const shares = ops.softmax(ops.transpose(scores, [0, 2, 3, 1]));
    const [batch = 1, neurons = 1] = ops.shape(nodes);
    const rows = ops.reshape(shares, [batch, multiplyDims(neurons, heads), neurons]);
    const ofNodes = ops.reshape(ops.matMul(rows, normed), [batch, neurons, heads, width]);
    const ofEdges = ops.matMul(shares, ops.transpose(edge, [0, 2, 1, 3]));
    const heard = ops.reshape(ops.concat([ofEdges, ofNodes], 3), [
      batch,
      neurons,
      heads * (edgeWidth + width),
    ]);
    return ops.add(nodes, ops.mul(gate, linear(ops, parameter, `${name}.heard`, heard, width)));
  }
}
