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
  /** d_0, …, d_L. */
  readonly #sizes: readonly Dim[];

  constructor(
    private readonly ops: TensorOps<T>,
    private readonly parameter: ParameterSource<T>,
    private readonly config: RelationalTransformerConfig,
    private readonly point: PointView<T>,
    private readonly codec: GraphCodec<T>,
  ) {
    this.#sizes = point.neurons.map(({ size }) => size);
  }

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
    const edges = this.point.edges.map(({ from, to }) => ({
      from,
      to,
      features: this.#weights(pairs, to),
    }));
    return codec.write({ nodes: normed, edges });
  }

  /** [batch, n, n]: the weight between two neurons where there is one, from both sides, else 0. */
  #matrix(): T {
    const { ops, point } = this;
    const rows = this.#sizes.slice(1).map((_, index) => {
      const before = addDims(...this.#sizes.slice(0, index + 1));
      const after = addDims(...this.#sizes.slice(index + 2));
      return ops.pad(point.edges[index]?.weight as T, 2, before, after);
    });
    const forward = ops.pad(ops.concat(rows, 1), 1, 0, this.#sizes.at(-1) ?? 0);
    return ops.add(forward, ops.transpose(forward, [0, 2, 1]));
  }

  /** The pairs that are weights of a layer: [batch, d_{layer−1}, d_layer, d_e]. */
  #weights(pairs: T, layer: number): T {
    const { ops } = this;
    const along = (x: T, axis: number, of: number): T =>
      ops.slice(x, axis, addDims(...this.#sizes.slice(0, of)), this.#sizes[of] ?? 0);
    return along(along(pairs, 1, layer - 1), 2, layer);
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
