import type { RequestHandler, Request, Response } from 'express';
import { clientOf } from '../client-address.js';
import { callerOf } from '../identity/caller.js';
import { RequestError } from '../problems.js';
import { tellLimit } from './rate-limit-fields.js';
import { TokenBuckets } from './token-buckets.js';

const WINDOW_SECONDS = 60;

interface Quota {
  readonly client: string;
  /** Requests per minute; 0 for any number. */
  readonly perMinute: number;
}

/**
 * Bounds the requests per minute of each address.
 *
 * @param perMinute - 0 for any number
 */
export function limitAddresses(perMinute: number): RequestHandler {
  return limitRequests('address', ({ socket }) => {
    return { client: clientOf(socket.remoteAddress ?? ''), perMinute };
  });
}

/**
 * Bounds the requests per minute of each key.
 *
 * @param perMinute - of keys that have no limit of their own; 0 for any number
 */
export function limitKeys(perMinute: number): RequestHandler {
  return limitRequests('key', (_req, res) => {
    const { client, key } = callerOf(res);
    const own = key?.requestsPerMinute ?? perMinute;
    return { client, perMinute: key === undefined ? 0 : own };
  });
}

function limitRequests(
  name: string,
  quotaOf: (req: Request, res: Response) => Quota,
): RequestHandler {
  const buckets = new TokenBuckets({ windowMs: WINDOW_SECONDS * 1000 });
  return (req, res, next) => {
    const { client, perMinute } = quotaOf(req, res);
    if (perMinute > 0) {
      const { isAllowed, waitSeconds, ...left } = buckets.take(client, perMinute);
      tellLimit(res, { name, quota: perMinute, windowSeconds: WINDOW_SECONDS, ...left });
      if (!isAllowed) {
        throw new RequestError(
          'too-many-requests',
          `this ${name} may send ${perMinute} requests a minute; ask again in ${waitSeconds} s`,
          { 'Retry-After': String(waitSeconds) },
        );
      }
    }
    next();
  };
}
