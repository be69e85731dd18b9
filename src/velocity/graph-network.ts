import type { Point } from '../network/point-layout.js';
import { adaptiveLayerNorm } from '../ops/composites/adaptive-layer-norm.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import { GraphCodec, type GraphWidths, type NeuronGraph } from './neuron-graph.js';
import { PointView } from './point-view.js';
import { anyWidths, type ServedFamilies } from './served-families.js';
import { timeEmbedding } from './time-embedding.js';
import type { AnyWidthsConfig } from './velocity-kind.js';
import type { VelocityNetwork } from './velocity-network.js';

/** What a block of a {@link GraphNetwork} may use beside the graph. */
export interface GraphContext<T> {
  readonly codec: GraphCodec<T>;
  /** Embedded time, [batch, D]. */
  readonly condition: T;
}

/** One round of messages; `name` is the prefix of its parameters. */
export type GraphBlock<T> = (
  name: string,
  graph: NeuronGraph<T>,
  context: GraphContext<T>,
) => NeuronGraph<T>;

/** Sizes of a {@link GraphNetwork}. */
export interface GraphNetworkConfig extends AnyWidthsConfig, GraphWidths {
  /** Width D of a neuron's features. */
  readonly width: number;
  /** Rounds of messages: each carries information one layer further. */
  readonly blocks: number;
  /** Width d_e of a weight's features, and of the messages along it. */
  readonly edgeWidth: number;
}

/**
 * A network that encodes a point as a graph, passes messages along its edges, and reads its output off
 * the graph: 0 before training.
 *
 * It is equivariant to permutations of the neurons of each hidden layer, and one set of parameters
 * serves every hidden width and up to `maxHiddenLayers` layers.
 */
export abstract class GraphNetwork<C extends GraphNetworkConfig> implements VelocityNetwork {
  readonly served: ServedFamilies;

  constructor(readonly config: C) {
    this.served = anyWidths(config);
  }

  predict<T>(
    ops: TensorOps<T>,
    parameter: ParameterSource<T>,
    point: Point<T>,
    t: T,
    until?: T,
  ): readonly T[] {
    const { config } = this;
    const view = new PointView(ops, point, this.served);
    const codec = new GraphCodec(ops, parameter, view, config);
    const condition = timeEmbedding(ops, parameter, t, config.width, until);
    const block = this.blocks(ops, parameter);
    let graph = codec.read(condition);
    for (let index = 0; index < config.blocks; index++) {
      graph = block(`block${index}`, graph, { codec, condition });
    }
    const nodes = adaptiveLayerNorm(ops, parameter, 'final', graph.nodes, condition);
    return codec.write({ ...graph, nodes });
  }

  /** What each of the blocks does. */
  protected abstract blocks<T>(ops: TensorOps<T>, parameter: ParameterSource<T>): GraphBlock<T>;
}
