import type { ParameterSpec } from '../../src/ops/tensor-ops.js';
import { Random } from '../../src/random.js';
import { networkParameters } from '../../src/training/flow-parameters.js';
import {
  NEURON_TRANSFORMER_DEFAULTS,
  type NeuronTransformerConfig,
} from '../../src/velocity/neuron-transformer.js';

/** A velocity network that takes milliseconds, for classifiers 3-…-2. */
export const TINY: NeuronTransformerConfig = {
  ...NEURON_TRANSFORMER_DEFAULTS,
  inputs: 3,
  outputs: 2,
  maxHiddenLayers: 3,
  width: 8,
  blocks: 2,
  heads: 2,
  edgeWidth: 4,
  mlpRatio: 2,
};

export interface FilledParameter extends ParameterSpec {
  readonly data: Float32Array;
}

/** Random values in all parameters: several start at zero, which would hide what they do. */
export function randomParameters(config: NeuronTransformerConfig): readonly FilledParameter[] {
  return networkParameters(config, 'euclidean').map((spec) => {
    const size = spec.shape.reduce((product, dim) => product * dim, 1);
    const std = spec.shape.length > 1 ? 1 / Math.sqrt(spec.shape.at(-2) ?? 1) : 0.5;
    const data = new Random(8, spec.name).normals(size).map((value) => std * value);
    return { ...spec, data };
  });
}
