import {
  checkCost,
  checkJob,
  completeArchitecture,
  completeJob,
  findFlow,
  networksToDraw,
  type FlowList,
  type JobLimits,
  type SampleJob,
} from '../src/index.js';
import { readGuide } from './read-guide.js';
import type { NetworkRequest } from './schemas.js';

export interface PlannedJob {
  readonly job: SampleJob;
  /** Whether its architecture lies outside the hull of the flow's zoo. */
  readonly extrapolated: boolean;
}

/**
 * Completes a request with the flow's defaults, and checks it against the flow and the limits.
 *
 * @throws WeightspringError `not-found`, `unsupported-architecture`, `invalid-argument` or
 *   `too-large`, naming the field
 */
export async function planJob(
  request: NetworkRequest,
  source: FlowList,
  limits: JobLimits,
): Promise<PlannedJob> {
  const flow = findFlow(source, request.flow, 'flow');
  const { architecture, guide, ...rest } = request;
  const job = completeJob(flow, {
    ...rest,
    architecture: architecture && completeArchitecture(architecture, flow.activations[0]),
    count: networksToDraw(request),
    ...(guide === undefined ? {} : { guide: await readGuide(guide, flow) }),
  });
  const { extrapolated } = checkJob(flow, job);
  checkCost(flow, job, limits);
  return { job, extrapolated };
}
