import type { Exchange } from './exchange.js';
import { callerOf } from './identity/caller.js';
import type { Log } from './log.js';
import { requestId } from './request-id.js';

/** Most characters of a path in a line. */
const PATH_LENGTH = 200;

/** Logs a request whose exchange has ended. */
export function logExchange(log: Log, exchange: Exchange, path: string): void {
  const { status, durationMs, isClientGone } = exchange.outcome();
  log('info', 'request', {
    requestId: requestId(exchange.res),
    key: callerOf(exchange.res).key?.id,
    method: exchange.req.method ?? '',
    path: path.slice(0, PATH_LENGTH),
    status,
    durationMs: Math.round(10 * durationMs) / 10,
    ...(isClientGone ? { clientGone: true } : {}),
  });
}
