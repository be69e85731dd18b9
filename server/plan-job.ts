import {
  architecture,
  checkCost,
  checkInputScaling,
  checkJob,
  completeSampling,
  drawSeed,
  isExtrapolated,
  WeightspringError,
  type JobLimits,
  type SampleJob,
} from '../src/index.js';
import { findFlow, type FlowList } from './find-flow.js';
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
export function planJob(request: NetworkRequest, source: FlowList, limits: JobLimits): PlannedJob {
  const flow = findFlow(source, request.flow, 'flow');
  const [defaultActivation] = flow.activations;
  const activation = request.architecture.activation ?? defaultActivation;
  if (activation === undefined) {
    throw new WeightspringError('model-invalid', `flow ${flow.name} has no activation`);
  }
  const job = {
    flow: flow.name,
    configSha256: flow.configSha256,
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
