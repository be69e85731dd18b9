import { z } from 'zod';
import { gatedAdaptiveLayerNorm } from '../ops/composites/adaptive-layer-norm.js';
import { gelu } from '../ops/composites/activations.js';
import { layerNorm } from '../ops/composites/layer-norm.js';
import { linear } from '../ops/composites/linear.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import { blockOf, updatedEdge, type EdgeFeatures } from './edge-features.js';
import { predictOnGraph, type GraphContext } from './graph-network.js';
import type { NeuronGraph } from './neuron-graph.js';
import type { Point } from '../network/point-layout.js';
import { PointView } from './point-view.js';
import { principalAggregates } from './principal-aggregates.js';
import { anyWidths, type ServedFamilies } from './served-families.js';
import { expandAxis } from './tensor-axes.js';
import { type VelocityKind, anyWidthsFields, fields } from './velocity-kind.js';
import type { VelocityNetwork } from './velocity-network.js';

export interface PnaConfig {
  readonly kind: 'pna';
  /** d_0 and d_L: the widths that the task fixes. */
  readonly inputs: number;
  readonly outputs: number;
  /** Deepest architecture served, in hidden layers. */
  readonly maxHiddenLayers: number;
  /** Width D of a neuron's features. */
  readonly width: number;
  /** Rounds of messages: in each, news travels one layer further. */
  readonly blocks: number;
  /** Width d_e of a weight's features, and of the messages along it. */
  readonly edgeWidth: number;
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
 * logarithm of their number. It is equivariant to permutations of the neurons of each hidden layer,
 * and one set of parameters serves every hidden width and up to `maxHiddenLayers` layers.
 *
 * @see Corso et al. 2020, "Principal neighbourhood aggregation for graph nets"
 */
export class Pna implements VelocityNetwork {
  readonly served: ServedFamilies;

  constructor(readonly config: PnaConfig) {
    this.served = anyWidths(config);
  }

  predict<T>(
    ops: TensorOps<T>,
    parameter: ParameterSource<T>,
    point: Point<T>,
    t: T,
    until?: T,
  ): readonly T[] {
    const blocks = new Blocks(ops, parameter, this.config);
    const view = new PointView(ops, point, this.served);
    return predictOnGraph(
      ops,
      parameter,
      this.config,
      view,
      { t, until },
      blocks.block.bind(blocks),
    );
  }
}

class Blocks<T> {
  constructor(
    private readonly ops: TensorOps<T>,
    private readonly parameter: ParameterSource<T>,
    private readonly config: PnaConfig,
  ) {}

  /**
   * News for the edges, then for the neurons: `h_i + gate · MLP(norm(h_i), aggregates)` with two
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
    const heard = ops.concat(
      sets.map((_, place) => this.#heard(name, sets, updated, place)),
      1,
    );
    const inner = gelu(ops, ops.add(linear(ops, parameter, `${name}.own`, normed, width), heard));
    const branch = linear(ops, parameter, `${name}.out`, inner, width);
    return { nodes: ops.add(nodes, ops.mul(gate, branch)), edges: updated };
  }

  /** What a set of neurons hears from those that it reads and that read it: [batch, n, D]. */
  #heard(name: string, sets: readonly T[], edges: readonly EdgeFeatures<T>[], place: number): T {
    const { ops } = this;
    const sides = [
      ...edges.flatMap(({ from, to, features }) =>
        to === place ? [this.#side(`${name}.incoming`, sets[from] as T, features, 1)] : [],
      ),
      ...edges.flatMap(({ from, to, features }) =>
        from === place ? [this.#side(`${name}.outgoing`, sets[to] as T, features, 2)] : [],
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
    width: fields.width,
    blocks: fields.blocks,
    edgeWidth: fields.edgeWidth,
  }),
  fieldsFor: anyWidthsFields,
  hiddenLayers: ({ maxHiddenLayers }) => maxHiddenLayers,
  create: (config) => new Pna(config),
};
