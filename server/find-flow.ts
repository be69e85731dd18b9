import { WeightspringError, type FlowSummary } from '../src/index.js';

/**
 * @param field - the request field that named the flow, if one did
 * @throws WeightspringError `not-found`
 */
export function findFlow(flows: readonly FlowSummary[], name: string, field?: string): FlowSummary {
  const flow = flows.find((candidate) => candidate.name === name);
  if (flow !== undefined) return flow;
  const names = flows.map((candidate) => candidate.name).join(', ');
  throw new WeightspringError(
    'not-found',
    `there is no flow ${JSON.stringify(name.slice(0, 100))}; the service has ${names || 'none'}`,
    field === undefined ? {} : { field },
  );
}
