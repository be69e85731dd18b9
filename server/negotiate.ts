import type { Request, Response } from 'express';
import { RequestError } from './problems.js';

/** Browsers send about 150 characters. */
const MAX_ACCEPT_LENGTH = 1_000;

/**
 * The first of the offered media types that the client accepts.
 *
 * The order is the service's, not the client's: HTTP libraries accept JSON or anything by default,
 * and should still get the file.
 *
 * @throws RequestError `not-acceptable`, or `headers-too-large` for a header that is too long to read
 */
export function negotiate(req: Request, res: Response, offered: readonly string[]): string {
  res.vary('Accept');
  const accept = req.get('Accept') ?? '';
  if (accept.length > MAX_ACCEPT_LENGTH) {
    throw new RequestError(
      'headers-too-large',
      `Accept may have ${MAX_ACCEPT_LENGTH} characters, got ${accept.length}`,
    );
  }
  const accepted = offered.find((type) => req.accepts(type) !== false);
  if (accepted !== undefined) return accepted;
  throw new RequestError(
    'not-acceptable',
    `this resource comes as ${offered.join(' or ')}, got Accept ${accept.slice(0, 200)}`,
  );
}
