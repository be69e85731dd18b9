import type { Activation } from '../network/architecture.js';
import type { Coordinates } from '../flow/coordinates.js';
import type { FlowModel } from '../flow/prediction.js';
import type { FlowParameters } from '../flows/flow-graphs.js';
import type { StoredFlow } from '../flows/flow-store.js';
import { createVelocityNetwork } from '../velocity/create-velocity-network.js';

/** A velocity network and how its output is read, for all families that it serves. */
export type FlowField = Omit<FlowModel, 'layout'>;

/** What a likelihood needs of a flow. */
export interface LikelihoodFlow {
  readonly model: FlowField;
  readonly parameters: FlowParameters;
  readonly coordinates: Coordinates;
  /** Of the networks that it models. */
  readonly activations: readonly Activation[];
  /** Of the input weights of its zoo's networks outside its directions. Default 0. */
  readonly largestResidual?: number | undefined;
}

/** A stored flow in that form. */
export function likelihoodFlow({ config, coordinates, parameters }: StoredFlow): LikelihoodFlow {
  const { velocity, prediction, geometry, skip, flowMap, activations, inputMetric } = config;
  const network = createVelocityNetwork(velocity);
  return {
    model: { network, prediction, geometry, skip, flowMap },
    parameters,
    coordinates,
    activations,
    largestResidual: inputMetric?.largestResidual,
  };
}
