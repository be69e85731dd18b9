import { velocityKind, type VelocityConfig } from './registry.js';
import type { VelocityNetwork } from './velocity-network.js';

export type { VelocityConfig } from './registry.js';

const known = new WeakMap<VelocityConfig, VelocityNetwork>();

/** The network of a configuration, created once. */
export function createVelocityNetwork(config: VelocityConfig): VelocityNetwork {
  const network = known.get(config) ?? velocityKind(config.kind).create(config);
  known.set(config, network);
  return network;
}
