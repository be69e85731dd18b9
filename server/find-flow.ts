import { WeightspringError, type FlowSummary, type NetworkSource } from '../src/index.js';

/** The source of flows of {@link findFlow}. */
export type FlowList = Pick<NetworkSource, 'flows' | 'refused'>;

/**
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
      ? `there is no flow ${JSON.stringify(name.slice(0, 100))}; the service has ` +
          (names.join(', ') || 'none')
      : `flow ${name} is not served: ${refused.reason}`,
    field === undefined ? {} : { field },
  );
}
