import { chord } from './chord.js';
import { geodesic } from './geodesic.js';
import type { EndPointLoss } from './loss.js';
import { tangent } from './tangent.js';

/**
 * How far a predicted end point is from the true one: a new loss is a file and its line here.
 *
 * @see notation §6
 */
const BY_NAME = { chord, tangent, geodesic } satisfies Record<string, EndPointLoss>;

export type FlowLoss = keyof typeof BY_NAME;

/** Names of the losses. */
export const FLOW_LOSSES = Object.keys(BY_NAME) as readonly FlowLoss[];

/** The loss of a name. */
export function endPointLoss(name: FlowLoss): EndPointLoss {
  return BY_NAME[name];
}
