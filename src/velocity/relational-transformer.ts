import { z } from 'zod';
import {
  adaptiveLayerNorm,
  gatedAdaptiveLayerNorm,
} from '../ops/composites/adaptive-layer-norm.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import { checkHeads, ensureHeads } from './attention-heads.js';
import { edgeAttention } from './edge-attention.js';
import { blockOf, updatedEdge, type EdgeFeatures } from './edge-features.js';
import { gatedFeedForward } from './feed-forward.js';
import {
  GraphNetwork,
  type GraphBlock,
  type GraphContext,
  type GraphNetworkConfig,
} from './graph-network.js';
import type { NeuronGraph } from './neuron-graph.js';
import { type VelocityKind, anyWidthsKind, fields } from './velocity-kind.js';

export interface RelationalTransformerConfig extends GraphNetworkConfig {
  readonly kind: 'relational-transformer';
  readonly heads: number;
  /** Hidden width of the neurons' MLPs over D. */
  readonly mlpRatio: number;
}

export const RELATIONAL_TRANSFORMER_DEFAULTS = {
  kind: 'relational-transformer',
  width: 64,
  blocks: 5,
  heads: 4,
  edgeWidth: 32,
  mlpRatio: 2,
} as const satisfies Partial<RelationalTransformerConfig>;

/**
 * One node per neuron, one edge per weight, attention along the edges.
 *
 * The network of the thesis on the edges that exist: blocks `[batch, d_{l−1}, d_l, d_e]` between
 * neighbouring layers in place of all pairs of neurons.
 *
 * @see Erdogan 2025, "Geometric flow models over neural network weights"; Diao & Loynd 2023
 */
export class RelationalTransformer extends GraphNetwork<RelationalTransformerConfig> {
  constructor(config: RelationalTransformerConfig) {
    super(config);
    ensureHeads(config);
  }

  protected override blocks<T>(ops: TensorOps<T>, parameter: ParameterSource<T>): GraphBlock<T> {
    const blocks = new Blocks(ops, parameter, this.config);
    return blocks.block.bind(blocks);
  }
}

class Blocks<T> {
  constructor(
    private readonly ops: TensorOps<T>,
    private readonly parameter: ParameterSource<T>,
    private readonly config: RelationalTransformerConfig,
  ) {}

  /** Attention, then the MLP of every neuron, then the update of the edges. */
  block(name: string, graph: NeuronGraph<T>, context: GraphContext<T>): NeuronGraph<T> {
    const { ops, parameter, config } = this;
    const { condition } = context;
    const attended = this.#attend(`${name}.attention`, graph, context);
    const hidden = config.mlpRatio * config.width;
    const nodes = gatedFeedForward(ops, parameter, `${name}.mlp`, attended, condition, hidden);
    return { nodes, edges: this.#updateEdges(`${name}.edges`, nodes, graph.edges, context) };
  }

  #attend(
    name: string,
    { nodes, edges }: NeuronGraph<T>,
    { codec, condition }: GraphContext<T>,
  ): T {
    const { ops, parameter, config } = this;
    const { normed, gate } = gatedAdaptiveLayerNorm(ops, parameter, name, nodes, condition);
    const heard = edgeAttention(ops, parameter, name, codec.split(normed), edges, config);
    return ops.add(nodes, ops.mul(gate, codec.join(heard)));
  }

  #updateEdges(
    name: string,
    nodes: T,
    edges: readonly EdgeFeatures<T>[],
    { codec, condition }: GraphContext<T>,
  ): readonly EdgeFeatures<T>[] {
    const { ops, parameter, config } = this;
    const sets = codec.split(adaptiveLayerNorm(ops, parameter, name, nodes, condition));
    const options = { width: config.edgeWidth, update: 'full' } as const;
    return edges.map((edge) => ({
      ...edge,
      features: updatedEdge(ops, parameter, name, blockOf(edge, sets), options),
    }));
  }
}

/** The kind of {@link RelationalTransformer}. */
export const relationalTransformer: VelocityKind<
  RelationalTransformerConfig,
  'width' | 'blocks' | 'heads' | 'edgeWidth' | 'mlpRatio'
> = {
  defaults: RELATIONAL_TRANSFORMER_DEFAULTS,
  schema: z
    .strictObject({
      kind: z.literal('relational-transformer'),
      inputs: fields.inputs,
      outputs: fields.outputs,
      maxHiddenLayers: fields.maxHiddenLayers,
      graphs: fields.graphs,
      width: fields.width,
      blocks: fields.blocks,
      heads: fields.heads,
      edgeWidth: fields.edgeWidth,
      mlpRatio: fields.mlpRatio,
    })
    .superRefine(checkHeads),
  ...anyWidthsKind,
  create: (config) => new RelationalTransformer(config),
};
