import type { Request } from 'express';
import { RequestError } from './problems.js';

/**
 * The first of the offered media types that the client accepts.
 *
 * The order is the service's, not the client's: HTTP libraries ask unasked for JSON or anything,
 * and still get the file.
 *
 * @throws RequestError `not-acceptable`
 */
export function negotiate(req: Request, offered: readonly string[]): string {
  const accepted = offered.find((type) => req.accepts(type) !== false);
  if (accepted !== undefined) return accepted;
  throw new RequestError(
    'not-acceptable',
    `this resource comes as ${offered.join(' or ')}, got Accept ${req.get('Accept') ?? ''}`,
  );
}
