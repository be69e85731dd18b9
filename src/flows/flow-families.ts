import type { Architecture } from '../network/architecture.js';
import { unreducedFamily } from '../flow/reduced-architecture.js';
import type { Family } from '../network/family.js';
import { createVelocityNetwork } from '../velocity/create-velocity-network.js';
import { servedFamily } from '../velocity/served-families.js';
import { pointArchitecture, type FlowConfig } from './flow-config.js';

/** The families for which a flow has coordinates, in the order of its velocity network. */
export function flowFamilies({
  velocity,
  scales,
}: Pick<FlowConfig, 'velocity' | 'scales'>): readonly Family[] {
  return createVelocityNetwork(velocity).served.families.filter(({ key }) => key in scales);
}

/**
 * The key of the family of networks that a family of points represents: if the points are reduced
 * networks, the networks have all features as inputs.
 */
export function drawnFamilyKey(
  { inputMetric }: Pick<FlowConfig, 'inputMetric'>,
  family: Family,
): string {
  if (inputMetric === undefined) return family.key;
  return unreducedFamily(family, inputMetric).key;
}

/**
 * The family of an architecture as a flow's velocity network serves it.
 *
 * @throws WeightspringError `unsupported-architecture`
 */
export function familyIn(
  config: Pick<FlowConfig, 'velocity' | 'inputMetric'>,
  arch: Architecture,
): Family {
  const { served } = createVelocityNetwork(config.velocity);
  return servedFamily(served, pointArchitecture(config, arch));
}

/** @throws WeightspringError `unsupported-architecture` for one that a flow's network does not serve */
export function assertDrawn(
  config: Pick<FlowConfig, 'velocity' | 'inputMetric'>,
  arch: Architecture,
): void {
  createVelocityNetwork(config.velocity).served.assertServed(pointArchitecture(config, arch));
}
