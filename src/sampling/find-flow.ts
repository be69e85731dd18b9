import { WeightspringError } from '../errors.js';
import type { RefusedFlow } from '../flows/flow-catalogue.js';
import type { FlowSummary } from '../flows/flow-summary.js';

/** Whatever has flows: a service, a pool, a sampler. */
export interface FlowList {
  flows(): readonly FlowSummary[];
  refused(): readonly RefusedFlow[];
}

/**
 * The flow of a name.
 *
 * @param field - the request field that named the flow, if one did
 * @throws WeightspringError `not-found`, with the reason if the flow is refused
 */
export function findFlow(source: FlowList, name: string, field?: string): FlowSummary {
  const flow = source.flows().find((candidate) => candidate.name === name);
  if (flow !== undefined) return flow;
  const refused = source.refused().find((candidate) => candidate.name === name);
  const names = source.flows().map((candidate) => candidate.name);
  throw new WeightspringError(
    'not-found',
    refused === undefined
      ? `there is no flow ${JSON.stringify(name.slice(0, 100))}; there is ` +
          (names.join(', ') || 'none')
      : `flow ${name} is not served: ${refused.reason}`,
    field === undefined ? {} : { field },
  );
}
