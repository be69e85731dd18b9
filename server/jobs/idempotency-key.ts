import type { Request } from 'express';
import { RequestError } from '../problems.js';

export const IDEMPOTENCY_KEY = 'Idempotency-Key';

/** A string of RFC 9651: visible characters and spaces, of which `"` and `\` are escaped. */
const QUOTED = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/;
/** What many clients send: a UUID, say, as it is. */
const BARE = /^[!#-~]+$/;
const MAX_LENGTH = 255;

/**
 * The key by which a client may repeat a request, as the IETF draft has it; null without one.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 * @throws RequestError `malformed-request`
 */
export function idempotencyKey(req: Request): string | null {
  const written = req.get(IDEMPOTENCY_KEY);
  if (written === undefined) return null;
  const quoted = QUOTED.exec(written)?.[1];
  const key = quoted === undefined ? BARE.exec(written)?.[0] : quoted.replace(/\\(.)/g, '$1');
  if (key === undefined || key === '' || key.length > MAX_LENGTH) {
    throw new RequestError(
      'malformed-request',
      `expected ${IDEMPOTENCY_KEY} to be a string of 1 to ${MAX_LENGTH} visible characters, such as ` +
        `"8e03978e-40d5-43e8-bc93-6894a57f9324", got ${JSON.stringify(written.slice(0, 100))}`,
    );
  }
  return key;
}
