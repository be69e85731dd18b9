import type { ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import type { ApiKeyScope, KeyRecord } from '../../src/index.js';
import { RequestError } from '../problems.js';
import { challenge } from './challenge.js';

/** Who sent a request. */
export interface Caller {
  /** Tells clients apart: the id of a key, or an address where the service has no keys. */
  readonly client: string;
  /** Whose files a request makes and sees: the id of a key; empty, so everybody's, without keys. */
  readonly owner: string;
  /** Undefined where the service has no keys: everybody may do everything. */
  readonly key: KeyRecord | undefined;
}

const NOBODY: Caller = { client: '', owner: '', key: undefined };

const callers = new WeakMap<ServerResponse, Caller>();

export function setCaller(res: ServerResponse, caller: Caller): void {
  callers.set(res, caller);
}

/** Who sent the request of a response. */
export function callerOf(res: ServerResponse): Caller {
  return callers.get(res) ?? NOBODY;
}

const required = new WeakMap<object, ApiKeyScope>();

/**
 * A handler that lets a request pass if its key has a scope; before the others of its method.
 *
 * @example
 * router.route('/v1/networks').post(requireScope('generate'), handler)
 */
export function requireScope(scope: ApiKeyScope): RequestHandler {
  const handler: RequestHandler = (_req, res, next) => {
    const { key } = callerOf(res);
    if (key !== undefined && !key.scopes.includes(scope)) {
      throw new RequestError(
        'insufficient-scope',
        `this takes a key for ${scope}; key ${key.id} is for ${key.scopes.join(', ')}`,
        challenge({ error: 'insufficient_scope', scope }),
      );
    }
    next();
  };
  required.set(handler, scope);
  return handler;
}

/** The scope that a handler of {@link requireScope} asks for; undefined for any other. */
export function requiredScope(handler: object): ApiKeyScope | undefined {
  return required.get(handler);
}
