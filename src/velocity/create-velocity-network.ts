import { Mlp, type MlpConfig } from './mlp.js';
import { NeuronTransformer, type NeuronTransformerConfig } from './neuron-transformer.js';
import { Pna, type PnaConfig } from './pna.js';
import {
  RelationalTransformer,
  type RelationalTransformerConfig,
} from './relational-transformer.js';
import type { VelocityNetwork } from './velocity-network.js';

/** Sizes of a velocity network, by kind; `config.json` of a flow holds one. */
export type VelocityConfig =
  NeuronTransformerConfig | RelationalTransformerConfig | PnaConfig | MlpConfig;

/** The network of a configuration. */
export function createVelocityNetwork(config: VelocityConfig): VelocityNetwork {
  switch (config.kind) {
    case 'neuron-transformer':
      return new NeuronTransformer(config);
    case 'relational-transformer':
      return new RelationalTransformer(config);
    case 'pna':
      return new Pna(config);
    case 'mlp':
      return new Mlp(config);
  }
}
