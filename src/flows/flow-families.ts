import type { Architecture } from '../network/architecture.js';
import type { Family } from '../network/family.js';
import { createVelocityNetwork } from '../velocity/create-velocity-network.js';
import { servedFamily } from '../velocity/served-families.js';
import type { FlowConfig } from './flow-config.js';

/** The families that a flow has coordinates of, those with fewer layers first. */
export function flowFamilies({
  velocity,
  scales,
}: Pick<FlowConfig, 'velocity' | 'scales'>): readonly Family[] {
  return createVelocityNetwork(velocity).served.families.filter(({ key }) => key in scales);
}

/**
 * The family of an architecture as a flow's velocity network serves it.
 *
 * @throws WeightspringError `unsupported-architecture`
 */
export function familyIn({ velocity }: Pick<FlowConfig, 'velocity'>, arch: Architecture): Family {
  return servedFamily(createVelocityNetwork(velocity).served, arch);
}
