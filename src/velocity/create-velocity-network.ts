import { NeuronTransformer, type NeuronTransformerConfig } from './neuron-transformer.js';
import type { VelocityNetwork } from './velocity-network.js';

/** Sizes of a velocity network, by kind; `config.json` of a flow holds one. */
export type VelocityConfig = NeuronTransformerConfig;

/** The network of a configuration. */
export function createVelocityNetwork(config: VelocityConfig): VelocityNetwork {
  return new NeuronTransformer(config);
}
