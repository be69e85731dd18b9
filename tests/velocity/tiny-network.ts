import { isCanonical, type FlowGeometry } from '../../src/flow/geometry.js';
import type { Point as PointOf } from '../../src/network/point-layout.js';
import { ReferenceOps, tensor, type ReferenceTensor } from '../../src/ops/reference-ops.js';
import type { ParameterSpec } from '../../src/ops/tensor-ops.js';
import { Random } from '../../src/random.js';
import { networkParameters } from '../../src/flow/network-parameters.js';
import {
  createVelocityNetwork,
  type VelocityConfig,
} from '../../src/velocity/create-velocity-network.js';
import { MLP_DEFAULTS, type MlpConfig } from '../../src/velocity/mlp.js';
import {
  NEURON_TRANSFORMER_DEFAULTS,
  type NeuronTransformerConfig,
} from '../../src/velocity/neuron-transformer.js';
import { PNA_DEFAULTS, type PnaConfig } from '../../src/velocity/pna.js';
import {
  RELATIONAL_TRANSFORMER_DEFAULTS,
  type RelationalTransformerConfig,
} from '../../src/velocity/relational-transformer.js';
import { pointOf } from '../support/point-of.js';

const ENDS = { inputs: 3, outputs: 2 } as const;
const SIZES = { width: 8, blocks: 2 } as const;

/** A velocity network that takes milliseconds, for classifiers 3-…-2. */
export const TINY: NeuronTransformerConfig = {
  ...NEURON_TRANSFORMER_DEFAULTS,
  ...ENDS,
  maxHiddenLayers: 3,
  ...SIZES,
  heads: 2,
  edgeWidth: 4,
  mlpRatio: 2,
};

/** With the other update of edges. */
export const TINY_FULL: NeuronTransformerConfig = { ...TINY, edgeUpdate: 'full' };

export const TINY_RELATIONAL: RelationalTransformerConfig = {
  ...RELATIONAL_TRANSFORMER_DEFAULTS,
  ...ENDS,
  maxHiddenLayers: 3,
  ...SIZES,
  blocks: 3,
  heads: 2,
  edgeWidth: 4,
};

export const TINY_PNA: PnaConfig = {
  ...PNA_DEFAULTS,
  ...ENDS,
  maxHiddenLayers: 3,
  ...SIZES,
  blocks: 3,
  edgeWidth: 4,
};

/** For 3-…-2 with these hidden widths. */
export function tinyMlp(hiddenWidths: readonly number[]): MlpConfig {
  return { ...MLP_DEFAULTS, ...ENDS, hiddenWidths, ...SIZES };
}

export interface FilledParameter extends ParameterSpec {
  readonly data: Float32Array;
}

/** Collecting the parameters of all depths takes longer than an evaluation. */
const collected = new Map<string, readonly FilledParameter[]>();

/** Random values in all parameters: several start at zero, which would hide what they do. */
export function randomParameters(
  config: VelocityConfig,
  geometry: FlowGeometry = 'euclidean',
): readonly FilledParameter[] {
  const key = JSON.stringify([config, geometry]);
  const parameters = collected.get(key) ?? networkParameters(config, geometry).map(filled);
  collected.set(key, parameters);
  return parameters;
}

function filled(spec: ParameterSpec): FilledParameter {
  const size = spec.shape.reduce((product, dim) => product * dim, 1);
  const std = spec.shape.length > 1 ? 1 / Math.sqrt(spec.shape.at(-2) ?? 1) : 0.5;
  const data = new Random(8, spec.name).normals(size).map((value) => std * value);
  return { ...spec, data };
}

/** Times of the batches of {@link randomPoint}. */
export const TIMES = Float32Array.of(0.125, 0.75);

export type Point = readonly ReferenceTensor[];

/** A batch of standard normal points for the widths `layers`. */
export function randomPoint(
  layers: readonly number[],
  geometry: FlowGeometry = 'euclidean',
  batch = TIMES.length,
): Point {
  const tensors = layers.slice(1).flatMap((width, index) => {
    const before = layers[index]!;
    const random = new Random(3, index);
    return [
      tensor(random.normals(batch * before * width), [batch, before, width]),
      tensor(random.normals(batch * width), [batch, width]),
    ];
  });
  if (!isCanonical(geometry)) return tensors;
  return [...tensors, tensor(new Random(3, 'log scale').normals(batch), [batch, 1])];
}

/** What the network with random parameters says, in float64. */
export function predictReference(
  config: VelocityConfig,
  point: Point,
  geometry: FlowGeometry = 'euclidean',
  times: ArrayLike<number> = TIMES,
): Point {
  return predictAt(config, pointOf(point), geometry, times);
}

/** {@link predictReference} for a point in any layout. */
export function predictAt(
  config: VelocityConfig,
  point: PointOf<ReferenceTensor>,
  geometry: FlowGeometry = 'euclidean',
  times: ArrayLike<number> = TIMES,
): Point {
  const parameters = new Map(
    randomParameters(config, geometry).map(({ name, shape, data }) => [name, tensor(data, shape)]),
  );
  return createVelocityNetwork(config).predict(
    new ReferenceOps(),
    (name) => parameters.get(name)!,
    point,
    tensor(times),
  );
}
