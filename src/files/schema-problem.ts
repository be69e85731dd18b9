import type { z } from 'zod';
import { wording } from './schema-wording.js';

/** What is wrong with a field of a value that a schema refused. */
interface SchemaProblem {
  /** `architecture.layers[1]`. */
  readonly field: string;
  /** What was expected there, and what came. */
  readonly reason: string;
  /** The reason after the field. */
  readonly message: string;
}

/**
 * Parses a value that need not be trusted with a schema.
 *
 * @param root - name of the whole value in messages
 * @param refuse - makes the error for the first field at fault
 */
export function parseWith<T>(
  schema: z.ZodType<T>,
  input: unknown,
  root: string,
  refuse: (problem: SchemaProblem) => Error,
): T {
  const result = schema.safeParse(input, { error: wording });
  if (result.success) return result.data;
  const [first] = result.error.issues;
  throw refuse(
    first === undefined
      ? { field: root, reason: 'not as expected', message: `${root}: not as expected` }
      : schemaProblem(deepestIssue(first), input, root),
  );
}

function schemaProblem(issue: z.core.$ZodIssue, input: unknown, root: string): SchemaProblem {
  const isUnknown = issue.code === 'unrecognized_keys';
  const path = isUnknown ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path;
  const field = fieldAt(path, root);
  const reason = isUnknown ? 'no such field is known: leave it out' : reasonOf(issue, input);
  return { field, reason, message: `${field}: ${reason}` };
}

function reasonOf(issue: z.core.$ZodIssue, input: unknown): string {
  // Messages about the whole already say what came.
  if (issue.code === 'custom') return issue.message;
  const got = valueAt(input, issue.path);
  return `${issue.message}, got ${got === undefined ? 'nothing' : show(got)}`;
}

/**
 * For a field of several forms: the issue of the form that matched furthest, or what each expects.
 */
function deepestIssue(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue;
  const depth = (candidate: z.core.$ZodIssue): number =>
    candidate.path.length + (candidate.code === 'unrecognized_keys' ? 1 : 0);
  const candidates = issue.errors.flatMap(([first]) =>
    first === undefined ? [] : [deepestIssue({ ...first, path: [...issue.path, ...first.path] })],
  );
  const message = candidates.map((candidate) => candidate.message).join('; or: ');
  return candidates.reduce<z.core.$ZodIssue>(
    (best, next) => (depth(next) > depth(best) ? next : best),
    { ...issue, message },
  );
}

/** `['architecture', 'layers', 1]` → `architecture.layers[1]`. */
export function fieldAt(path: readonly PropertyKey[], root: string): string {
  if (path.length === 0) return root;
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key).slice(0, 100)}`))
    .join('')
    .replace(/^\./, '');
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/** A short form of any JSON value, whatever its size or nesting. */
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 50));
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
