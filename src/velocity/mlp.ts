import { z } from 'zod';
import { ensure } from '../errors.js';
import { architecture, type Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import type { Point } from '../network/point-layout.js';
import { multiplyDims, sameShape } from '../onnx/dim.js';
import { adaptiveLayerNorm } from '../ops/composites/adaptive-layer-norm.js';
import { featureWidth } from '../ops/composites/feature-width.js';
import { linear } from '../ops/composites/linear.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import { gatedFeedForward } from './feed-forward.js';
import { oneArchitecture, type ServedFamilies } from './served-families.js';
import { split } from './tensor-axes.js';
import { timeEmbedding } from './time-embedding.js';
import { type VelocityKind, endsOf, fields, upTo } from './velocity-kind.js';
import type { Bottleneck, VelocityNetwork } from './velocity-network.js';

export interface MlpConfig {
  readonly kind: 'mlp';
  /** d_0 and d_L. */
  readonly inputs: number;
  readonly outputs: number;
  /** d_1, …, d_{L−1}: the one architecture that it serves. */
  readonly hiddenWidths: readonly number[];
  /** Width of the trunk. */
  readonly width: number;
  readonly blocks: number;
  /** Hidden width of a block over that of the trunk. */
  readonly mlpRatio: number;
}

export const MLP_DEFAULTS = {
  kind: 'mlp',
  width: 256,
  blocks: 4,
  mlpRatio: 2,
} as const satisfies Partial<MlpConfig>;

/**
 * The baseline that knows nothing of networks: all coordinates of a point in one vector, a residual
 * trunk with adaptive layer norm and GELU, one vector back.
 *
 * It serves one architecture and is not equivariant to anything.
 *
 * @see Gupta et al. 2026, "DeepWeightFlow"
 */
export class Mlp implements VelocityNetwork {
  readonly served: ServedFamilies;
  readonly bottleneck: Bottleneck;
  readonly #layers: readonly number[];

  constructor(readonly config: MlpConfig) {
    this.#layers = [config.inputs, ...config.hiddenWidths, config.outputs];
    this.bottleneck = { per: 'point', width: config.width };
    this.served = oneArchitecture(architecture(this.#layers));
  }

  predict<T>(
    ops: TensorOps<T>,
    parameter: ParameterSource<T>,
    { layout, tensors: point }: Point<T>,
    t: T,
    until?: T,
  ): readonly T[] {
    const { width, blocks, mlpRatio } = this.config;
    const expected = this.served.families[0]?.tensors ?? [];
    ensure(
      expected.every(({ shape }, index) => sameShape(shape, layout.tensors[index]?.shape ?? [])),
      'unsupported-architecture',
      () => `the velocity network serves only ${this.#layers.join('-')}`,
      'architecture',
    );
    const condition = timeEmbedding(ops, parameter, t, width, until);
    const flat = point.map((tensor) => {
      const [batch = 1, ...sizes] = ops.shape(tensor);
      return ops.reshape(tensor, [batch, multiplyDims(...sizes)]);
    });
    const coordinates = ops.concat(flat, 1);
    let features = linear(ops, parameter, 'read', coordinates, width);
    for (let block = 0; block < blocks; block++) {
      const name = `block${block}`;
      features = gatedFeedForward(ops, parameter, name, features, condition, mlpRatio * width);
    }
    const normed = adaptiveLayerNorm(ops, parameter, 'final', features, condition);
    const dimension = featureWidth(ops, 'write', coordinates);
    const output = linear(ops, parameter, 'write', normed, dimension, { init: 'output' });
    const sizes = flat.map((tensor) => ops.shape(tensor)[1] ?? 1);
    return split(ops, output, 1, sizes).map((part, index) =>
      ops.reshape(part, ops.shape(point[index] as T)),
    );
  }
}

/** The kind of {@link Mlp}. */
export const mlp: VelocityKind<MlpConfig, 'width' | 'blocks' | 'mlpRatio'> = {
  defaults: MLP_DEFAULTS,
  schema: z.strictObject({
    kind: z.literal('mlp'),
    inputs: fields.inputs,
    outputs: fields.outputs,
    hiddenWidths: z.array(upTo(65_536)).min(1).max(16).readonly(),
    width: fields.width,
    blocks: fields.blocks,
    mlpRatio: fields.mlpRatio,
  }),
  fieldsFor: (population) => {
    const keys = new Set(population.map((arch) => sizesOf(arch).join('-')));
    ensure(
      keys.size <= 1,
      'unsupported-architecture',
      () =>
        `an mlp serves one architecture, the population has ${[...keys].join(' and ')}: choose ` +
        'another velocity network',
    );
    const [first] = population;
    const groups = first === undefined ? [] : networkOf(first).groups;
    return { ...endsOf(population), hiddenWidths: groups.map(({ size }) => size) };
  },
  hiddenLayers: ({ hiddenWidths }) => hiddenWidths.length,
  create: (config) => new Mlp(config),
};

function sizesOf(arch: Architecture): readonly number[] {
  return networkOf(arch).neurons.map(({ size }) => size);
}
