import { ensure } from '../errors.js';
import type { Architecture } from '../network/architecture.js';
import { INPUT } from '../network/graph.js';
import { networkOf } from '../network/network.js';
import { withInput } from '../network/resize.js';
import type { TensorSlot } from '../network/slots.js';

/**
 * The architecture of networks reduced by an input metric of rank K: K inputs in place of d.
 *
 * @throws WeightspringError `unsupported-architecture` for a network on other features, and for one
 * whose features go anywhere but into dense layers: nothing else takes a linear map
 */
export function reducedArchitecture(
  arch: Architecture,
  features: number,
  rank: number,
): Architecture {
  const { inputs, key, graph, neuronsOf, slots } = networkOf(arch);
  ensure(
    inputs === features,
    'unsupported-architecture',
    () => `expected a network on ${features} features, got ${key}`,
    'architecture.layers',
  );
  ensure(
    graph.input.length === 1 &&
      graph.nodes.every(({ id }) => neuronsOf.get(id) !== INPUT) &&
      slots.filter(readsFeatures).every(({ shape }) => shape.length === 2),
    'unsupported-architecture',
    () => `expected features that only dense layers read, which have an input metric, got ${key}`,
    'architecture.nodes',
  );
  return withInput(arch, [rank]);
}

/** Whether a tensor is a weight from the features. */
export const readsFeatures = ({ from }: TensorSlot): boolean => from === INPUT;
