import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

const HEADER = 'X-Request-Id';
/** What a client may choose: safe in a header and in a log. */
const CHOSEN = /^[\w.:-]{1,64}$/;

/** Names the request, as the client did or by a fresh UUID; responses and logs carry the name. */
export function assignRequestId(req: IncomingMessage, res: ServerResponse): void {
  const chosen = req.headers[HEADER.toLowerCase()];
  const isHarmless = typeof chosen === 'string' && CHOSEN.test(chosen);
  res.setHeader(HEADER, isHarmless ? chosen : randomUUID());
}

export function requestId(res: ServerResponse): string {
  return String(res.getHeader(HEADER));
}
