import { adaptiveLayerNorm } from '../ops/composites/adaptive-layer-norm.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import { GraphCodec, type GraphWidths, type NeuronGraph } from './neuron-graph.js';
import type { PointView } from './point-view.js';
import { timeEmbedding } from './time-embedding.js';

/** What a block of a graph network may use beside the graph. */
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

/** Reads a point as a graph, runs blocks on it, and writes what comes out: 0 before training. */
export function predictOnGraph<T>(
  ops: TensorOps<T>,
  parameter: ParameterSource<T>,
  config: GraphWidths & { readonly blocks: number },
  point: PointView<T>,
  { t, until }: { readonly t: T; readonly until?: T | undefined },
  block: GraphBlock<T>,
): T[] {
  const codec = new GraphCodec(ops, parameter, point, config);
  const condition = timeEmbedding(ops, parameter, t, config.width, until);
  let graph = codec.read(condition);
  for (let index = 0; index < config.blocks; index++) {
    graph = block(`block${index}`, graph, { codec, condition });
  }
  const nodes = adaptiveLayerNorm(ops, parameter, 'final', graph.nodes, condition);
  return codec.write({ ...graph, nodes });
}
