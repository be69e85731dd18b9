import type { FlowChanges, NetworkSource, RefusedFlow } from '../src/index.js';
import type { Log } from './log.js';

/** Reads the models folders again, and logs what changed. */
export type ReloadFlows = () => Promise<FlowChanges>;

/**
 * The reload of a source, for the route and the signal. A reload shared by several callers is logged
 * once.
 *
 * @throws WeightspringError `reload-failed`, logged as well
 */
export function reloadFlows(
  source: Pick<NetworkSource, 'reload' | 'flows'>,
  log: Log,
): ReloadFlows {
  // Callers that share a reload get the same object, all before the next reload ends.
  let logged: unknown;
  const isLogged = (outcome: unknown): boolean => {
    const same = outcome === logged;
    logged = outcome;
    return same;
  };
  return async () => {
    try {
      const changes = await source.reload();
      if (isLogged(changes)) return changes;
      const { added, replaced, removed, refused } = changes;
      log('info', 'flows-reloaded', {
        added: added.join(' '),
        replaced: replaced.join(' '),
        removed: removed.join(' '),
        flows: source.flows().length,
      });
      logRefused(refused, log);
      return changes;
    } catch (error) {
      if (!isLogged(error)) log('error', 'reload-failed', { reason: causeOf(error) });
      throw error;
    }
  };
}

/** Logs each flow that is not served, by name and reason. */
export function logRefused(refused: readonly RefusedFlow[], log: Log): void {
  for (const { name, reason } of refused) log('warn', 'flow-refused', { flow: name, reason });
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
