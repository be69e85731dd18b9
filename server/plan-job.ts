import {
  checkCost,
  checkEnsemble,
  checkInputScaling,
  checkJob,
  completeSampling,
  completeArchitecture,
  drawSeed,
  networksToDraw,
  WeightspringError,
  type Architecture,
  type FlowSummary,
  type JobLimits,
  type SampleJob,
} from '../src/index.js';
import { findFlow, type FlowList } from './find-flow.js';
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
  const job = {
    flow: flow.name,
    configSha256: flow.configSha256,
    architecture: chosenArchitecture(flow, request),
    seed: request.seed ?? drawSeed(),
    firstIndex: 0,
    count: networksToDraw(request),
    ...completeSampling(flow, request),
    format: request.format,
    inputScaling: request.inputScaling,
    ...chosenEnsemble(request),
    ...(request.guide === undefined ? {} : { guide: await readGuide(request.guide, flow) }),
  };
  checkInputScaling(job);
  checkEnsemble(job);
  const { extrapolated } = checkJob(flow, job);
  checkCost(flow, job, limits);
  return { job, extrapolated };
}

/** What the request says of an ensemble; nothing for networks one by one. */
function chosenEnsemble({
  ensemble,
  memberProbabilities,
}: NetworkRequest): Pick<SampleJob, 'ensemble' | 'memberProbabilities'> {
  return {
    ...(ensemble === undefined ? {} : { ensemble }),
    ...(memberProbabilities === undefined ? {} : { memberProbabilities }),
  };
}

/** The requested architecture, or the flow's usual one. */
function chosenArchitecture(flow: FlowSummary, { architecture }: NetworkRequest): Architecture {
  if (architecture !== undefined) return completeArchitecture(architecture, flow.activations[0]);
  if (flow.usualArchitecture !== null) return flow.usualArchitecture;
  throw new WeightspringError(
    'invalid-argument',
    `flow ${flow.name} has no zoo and so no usual architecture: name one`,
    { field: 'architecture' },
  );
}
