import type { Router } from 'express';
import type { ApiKeyScope } from '../../src/index.js';
import { requiresKey } from './authenticate.js';
import { requiredScope } from './caller.js';

/** What an operation asks of a request, where the service has keys. */
export interface Access {
  /** Whether it answers without a key. */
  readonly isOpen: boolean;
  /** Scope that the key must have. Undefined: any key will do. */
  readonly scope: ApiKeyScope | undefined;
}

/** Access by operation, `get /v1/networks/{id}`. */
export type AccessTable = ReadonlyMap<string, Access>;

interface Handler {
  readonly stack?: readonly Layer[];
}

interface Layer {
  readonly handle: Handler;
  readonly route?: {
    readonly path: string;
    readonly stack: readonly { readonly method?: string; readonly handle: object }[];
  };
}

/** What the operations of a router ask for, as its handlers do: nothing is said twice. */
export function accessTable({ stack }: Pick<Router, 'stack'>): AccessTable {
  const table = new Map<string, Access>();
  let isOpen = true;
  const visit = ({ handle, route }: Layer): void => {
    if (requiresKey(handle)) isOpen = false;
    handle.stack?.forEach(visit);
    for (const { method, handle: step } of route?.stack ?? []) {
      if (method === undefined) continue; // `all`: other methods are refused.
      const operation = `${method} ${(route?.path ?? '').replace(/:(\w+)/g, '{$1}')}`;
      const scope = requiredScope(step) ?? table.get(operation)?.scope;
      table.set(operation, { isOpen, scope });
    }
  };
  (stack as readonly Layer[]).forEach(visit);
  return table;
}
