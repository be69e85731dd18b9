import type { RequestHandler } from 'express';
import { API_KEY_FORM } from '../../src/index.js';
import { clientOf } from '../client-address.js';
import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';
import { RequestError } from '../problems.js';
import { requestId } from '../request-id.js';
import { bearerToken } from './bearer-token.js';
import { setCaller } from './caller.js';
import { challenge } from './challenge.js';
import type { KeyFault, KeyRing } from './key-ring.js';

export interface AuthenticateOptions {
  /** Undefined: everybody is let in. */
  readonly keys: KeyRing | undefined;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'countRefusedKey'>;
}

const FAULTS: Readonly<Record<KeyFault, string>> = {
  malformed: `this is no key: expected ${API_KEY_FORM}`,
  unknown: 'the key is not known',
  expired: 'the key has expired',
  revoked: 'the key was revoked',
};

/**
 * Lets requests with a valid key pass, or all of them where the service has no keys, and notes who
 * sent them: `callerOf`.
 */
export function authenticate({ keys, log, metrics }: AuthenticateOptions): RequestHandler {
  const handler: RequestHandler = (req, res, next) => {
    const address = clientOf(req.socket.remoteAddress ?? '');
    if (keys === undefined) {
      setCaller(res, { client: address, owner: '', key: undefined });
      next();
      return;
    }
    const token = bearerToken(req);
    if (token === undefined) {
      throw new RequestError(
        'unauthenticated',
        'expected a key: Authorization: Bearer KEY, got none',
        challenge(),
      );
    }
    const checked = keys.check(token);
    if ('fault' in checked) {
      const { fault, record } = checked;
      metrics.countRefusedKey(fault);
      log('warn', 'key-refused', {
        requestId: requestId(res),
        fault,
        key: record?.id,
        client: address,
      });
      const detail =
        fault === 'malformed' ? `${FAULTS[fault]}, got ${token.length}` : FAULTS[fault];
      throw new RequestError('unauthenticated', detail, challenge({ error: 'invalid_token' }));
    }
    const { record } = checked;
    setCaller(res, { client: record.id, owner: record.id, key: record });
    next();
  };
  gates.add(handler);
  return handler;
}

const gates = new WeakSet();

/** Whether a handler is one of {@link authenticate}, behind which every request has a key. */
export function requiresKey(handler: object): boolean {
  return gates.has(handler);
}
