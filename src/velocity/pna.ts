import { z } from 'zod';
import { gatedAdaptiveLayerNorm } from '../ops/composites/adaptive-layer-norm.js';
import { gelu } from '../ops/composites/activations.js';
import { layerNorm } from '../ops/composites/layer-norm.js';
import { linear } from '../ops/composites/linear.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import { blockOf, nodesOf, updatedEdge, type EdgeFeatures } from './edge-features.js';
import {
  GraphNetwork,
  type GraphBlock,
  type GraphContext,
  type GraphNetworkConfig,
} from './graph-network.js';
import type { NeuronGraph } from './neuron-graph.js';
import { principalAggregates } from './principal-aggregates.js';
import { expandAxis } from './tensor-axes.js';
import { type VelocityKind, anyWidthsKind, fields } from './velocity-kind.js';

export interface PnaConfig extends GraphNetworkConfig {
  readonly kind: 'pna';
}

export const PNA_DEFAULTS = {
  kind: 'pna',
  width: 64,
  blocks: 5,
  edgeWidth: 32,
} as const satisfies Partial<PnaConfig>;

/**
 * Principal neighbourhood aggregation with edge updates, layer by layer on the weights.
 *
 * A neuron hears the mean, the largest, the smallest and the standard deviation of the messages
 * along its incoming and along its outgoing weights, each as it is, amplified and attenuated by the
 * logarithm of their number.
 *
 * @see Corso et al. 2020, "Principal neighbourhood aggregation for graph nets"
 */
export class Pna extends GraphNetwork<PnaConfig> {
  protected override blocks<T>(ops: TensorOps<T>, parameter: ParameterSource<T>): GraphBlock<T> {
    const blocks = new Blocks(ops, parameter, this.config);
    return blocks.block.bind(blocks);
  }
}

class Blocks<T> {
  constructor(
    private readonly ops: TensorOps<T>,
    private readonly parameter: ParameterSource<T>,
    private readonly config: PnaConfig,
  ) {}

  /**
   * Updates the edges, then the neurons: `h_i + gate · MLP(norm(h_i), aggregates)` with two
   * layers.
   */
  block(
    name: string,
    { nodes, edges }: NeuronGraph<T>,
    { codec, condition }: GraphContext<T>,
  ): NeuronGraph<T> {
    const { ops, parameter, config } = this;
    const { width, edgeWidth } = config;
    const { normed, gate } = gatedAdaptiveLayerNorm(ops, parameter, name, nodes, condition);
    const sets = codec.split(normed);
    const options = { width: edgeWidth, update: 'full' } as const;
    const updated = edges.map((edge) => ({
      ...edge,
      features: updatedEdge(ops, parameter, `${name}.edges`, blockOf(edge, sets), options),
    }));
    const heard = codec.join(
      new Map([...sets.keys()].map((set) => [set, this.#heard(name, sets, updated, set)])),
    );
    const inner = gelu(ops, ops.add(linear(ops, parameter, `${name}.own`, normed, width), heard));
    const branch = linear(ops, parameter, `${name}.out`, inner, width);
    return { nodes: ops.add(nodes, ops.mul(gate, branch)), edges: updated };
  }

  /** The messages to a set of neurons from those that it reads and those that read it: [batch, n, D]. */
  #heard(
    name: string,
    sets: ReadonlyMap<string, T>,
    edges: readonly EdgeFeatures<T>[],
    neurons: string,
  ): T {
    const { ops } = this;
    const sides = [
      ...edges.flatMap(({ from, to, features }) =>
        to === neurons ? [this.#side(`${name}.incoming`, nodesOf(sets, from), features, 1)] : [],
      ),
      ...edges.flatMap(({ from, to, features }) =>
        from === neurons ? [this.#side(`${name}.outgoing`, nodesOf(sets, to), features, 2)] : [],
      ),
    ];
    return sides.reduce((sum, side) => ops.add(sum, side));
  }

  /**
   * The messages `M norm(e_ij) + N h_j` of the neurons at the other end, aggregated.
   *
   * @param axis - of the edges, along which the senders lie
   */
  #side(name: string, senders: T, edge: T, axis: 1 | 2): T {
    const { ops, parameter, config } = this;
    const ofEdges = linear(ops, parameter, `${name}.edge`, layerNorm(ops, edge), config.edgeWidth);
    const ofNodes = linear(ops, parameter, `${name}.sender`, senders, config.edgeWidth);
    const messages = ops.add(ofEdges, expandAxis(ops, ofNodes, axis === 1 ? 2 : 1));
    const aggregates = principalAggregates(ops, messages, axis);
    return linear(ops, parameter, `${name}.value`, aggregates, config.width);
  }
}

/** The kind of {@link Pna}. */
export const pna: VelocityKind<PnaConfig, 'width' | 'blocks' | 'edgeWidth'> = {
  defaults: PNA_DEFAULTS,
  schema: z.strictObject({
    kind: z.literal('pna'),
    inputs: fields.inputs,
    outputs: fields.outputs,
    maxHiddenLayers: fields.maxHiddenLayers,
    graphs: fields.graphs,
    width: fields.width,
    blocks: fields.blocks,
    edgeWidth: fields.edgeWidth,
  }),
  ...anyWidthsKind,
  create: (config) => new Pna(config),
};
