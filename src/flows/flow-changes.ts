import type { FlowCatalogue, FlowChanges } from './flow-catalogue.js';

/** How the flows of a folder differ from the previous ones. */
export function flowChanges(before: FlowCatalogue, after: FlowCatalogue): FlowChanges {
  const versionsOf = ({ flows }: FlowCatalogue): ReadonlyMap<string, string> =>
    new Map(flows.map(({ name, configSha256 }) => [name, configSha256]));
  const [old, present] = [versionsOf(before), versionsOf(after)];
  const names = [...present.keys()];
  return {
    added: names.filter((name) => !old.has(name)),
    replaced: names.filter((name) => old.has(name) && old.get(name) !== present.get(name)),
    removed: [...old.keys()].filter((name) => !present.has(name)),
    refused: after.refused,
  };
}
