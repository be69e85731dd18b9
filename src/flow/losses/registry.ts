import { chord } from './chord.js';
import { geodesic } from './geodesic.js';
import type { EndPointLoss } from './loss.js';
import { tangent } from './tangent.js';

/**
 * Losses between predicted and true end points. To add one, write its file and a line here.
 *
 * @see notation §6
 */
const BY_NAME = { chord, tangent, geodesic } satisfies Record<string, EndPointLoss>;

export type FlowLoss = keyof typeof BY_NAME;

/** Names of the losses. */
export const FLOW_LOSSES = Object.keys(BY_NAME) as readonly FlowLoss[];

/** The loss with this name. */
export function endPointLoss(name: FlowLoss): EndPointLoss {
  return BY_NAME[name];
}
