import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

const HEADER = 'X-Request-Id';
/** Ids that a client may choose: safe in headers and logs. */
const CHOSEN = /^[\w.:-]{1,64}$/;

/** Gives the request an id, the client's or a new UUID, for responses and logs. */
export function assignRequestId(req: IncomingMessage, res: ServerResponse): void {
  const chosen = req.headers[HEADER.toLowerCase()];
  const isHarmless = typeof chosen === 'string' && CHOSEN.test(chosen);
  res.setHeader(HEADER, isHarmless ? chosen : randomUUID());
}

export function requestId(res: ServerResponse): string {
  return String(res.getHeader(HEADER));
}
