import {
  architecture,
  checkCost,
  checkInputScaling,
  checkJob,
  completeSampling,
  drawSeed,
  isExtrapolated,
  WeightspringError,
  type FlowSummary,
  type JobLimits,
  type SampleJob,
} from '../src/index.js';
import { findFlow } from './find-flow.js';
import type { NetworkRequest } from './schemas.js';

export interface PlannedJob {
  readonly job: SampleJob;
  /** Whether its architecture lies outside the hull of the flow's zoo. */
  readonly extrapolated: boolean;
}

/**
 * Completes a request with the flow's defaults, and refuses it where the flow or the limits do.
 *
 * @throws WeightspringError `not-found`, `unsupported-architecture`, `invalid-argument` or
 *   `too-large`, naming the field
 */
export function planJob(
  request: NetworkRequest,
  flows: readonly FlowSummary[],
  limits: JobLimits,
): PlannedJob {
  const flow = findFlow(flows, request.flow, 'flow');
  const [defaultActivation] = flow.activations;
  const activation = request.architecture.activation ?? defaultActivation;
  if (activation === undefined) {
    throw new WeightspringError('model-invalid', `flow ${flow.name} has no activation`);
  }
  const job = {
    flow: flow.name,
    architecture: architecture(request.architecture.layers, activation),
    seed: request.seed ?? drawSeed(),
    firstIndex: 0,
    count: request.count,
    ...completeSampling(flow, request),
    format: request.format,
    inputScaling: request.inputScaling,
  };
  checkInputScaling(job);
  checkJob(flow, job);
  checkCost(flow, job, limits);
  return { job, extrapolated: isExtrapolated(flow, job.architecture) };
}
