import type { Request } from 'express';

/** Longer ones are not read: a preference may be ignored. */
const MAX_LENGTH = 1_000;

/** Whether a client prefers a job to waiting for its answer: `Prefer: respond-async` (RFC 7240). */
export function prefersAsync(req: Request): boolean {
  const prefer = req.get('Prefer') ?? '';
  if (prefer.length > MAX_LENGTH) return false;
  return prefer.split(',').some((item) => /^\s*respond-async\s*(;|$)/i.test(item));
}
