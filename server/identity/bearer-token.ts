import type { IncomingMessage } from 'node:http';
import { RequestError } from '../problems.js';
import { challenge } from './challenge.js';

/**
 * The text after `Authorization: Bearer`. Messages never repeat the header: it may hold a key in any
 * place.
 *
 * @returns undefined without the header
 * @throws RequestError `malformed-request` for several headers, `unauthenticated` for other schemes
 */
export function bearerToken({ headers, rawHeaders }: IncomingMessage): string | undefined {
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  const count = rawHeaders.filter(isAuthorization).length;
  if (count > 1) {
    throw new RequestError(
      'malformed-request',
      `expected one Authorization header, got ${count}`,
      challenge({ error: 'invalid_request' }),
    );
  }
  const token = /^Bearer +(.*)$/i.exec(authorization)?.[1];
  if (token !== undefined) return token;
  throw new RequestError(
    'unauthenticated',
    'expected Authorization: Bearer KEY, got another scheme or no key after it',
    challenge({ error: 'invalid_token' }),
  );
}

/** Whether an entry of `rawHeaders`, alternately names and values, is this name. */
function isAuthorization(text: string, index: number): boolean {
  return index % 2 === 0 && text.toLowerCase() === 'authorization';
}
