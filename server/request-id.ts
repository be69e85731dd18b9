import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

const HEADER = 'X-Request-Id';
/** What a client may choose: safe in a header and in a log. */
const CHOSEN = /^[\w.:-]{1,64}$/;

/** Names the request, as the client did or by a fresh UUID; responses and logs carry the name. */
export function assignRequestId(req: Request, res: Response, next: NextFunction): void {
  const chosen = req.get(HEADER);
  res.setHeader(HEADER, chosen !== undefined && CHOSEN.test(chosen) ? chosen : randomUUID());
  next();
}

export function requestId(res: Response): string {
  return String(res.getHeader(HEADER));
}
