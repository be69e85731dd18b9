import cors from 'cors';
import type { RequestHandler } from 'express';

/** What scripts may read of an answer, beside what browsers always show them. */
const EXPOSED = [
  'Content-Disposition',
  'ETag',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
];
/** How long a browser may remember what is allowed. */
const PREFLIGHT_SECONDS = 600;

/**
 * Lets the scripts of other origins use the service, with a key of their own: no cookie is asked for.
 *
 * @param origins - `https://example.org`; `*` for any
 * @param exposed - further headers that they may read
 */
export function crossOrigin(
  origins: readonly string[],
  exposed: readonly string[],
): RequestHandler {
  return cors({
    origin: origins.includes('*') ? '*' : [...origins],
    methods: ['GET', 'HEAD', 'POST', 'DELETE'],
    exposedHeaders: [...EXPOSED, ...exposed],
    maxAge: PREFLIGHT_SECONDS,
  });
}
