import type { Access, AccessTable } from './identity/access.js';
import { PROBLEMS } from './problems.js';

export const securitySchemes = {
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    description:
      'An API key, wspring_ID_SECRET, where the service has keys (--keys-file). The roles of an ' +
      'operation are the scopes that the key must have.',
  },
};

/** What is described of one method of a path. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly unknown[];
  readonly requestBody?: unknown;
  readonly responses: Readonly<Record<string, unknown>>;
  readonly security?: readonly unknown[];
}

type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

/** Answers by status, of these statuses. */
type Problems = (...statuses: readonly number[]) => Readonly<Record<string, unknown>>;

/** The operations that the service has, each with the key that it takes and how it refuses others. */
export function withAccess(access: AccessTable, problems: Problems, paths: Paths): Paths {
  const described: Record<string, Record<string, Operation>> = {};
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const asked = access.get(`${method} ${path}`);
      if (asked === undefined) continue;
      described[path] = { ...described[path], [method]: accessed(operation, asked, problems) };
    }
  }
  return described;
}

function accessed(operation: Operation, { isOpen, scope }: Access, problems: Problems): Operation {
  if (isOpen) return { ...operation, security: [] };
  const refused = [
    PROBLEMS.unauthenticated.status,
    PROBLEMS['too-many-requests'].status,
    ...(scope === undefined ? [] : [PROBLEMS['insufficient-scope'].status]),
  ];
  return {
    ...operation,
    responses: { ...operation.responses, ...problems(...refused) },
    security: [{ apiKey: scope === undefined ? [] : [scope] }],
  };
}
