import type { z } from 'zod';

/** What is wrong with a field of a value that a schema refused. */
export interface SchemaProblem {
  /** `architecture.layers[1]`. */
  readonly field: string;
  readonly message: string;
}

/**
 * An issue of a schema in words that say what came.
 *
 * @param input - what the schema was given
 * @param root - what a message calls all of it, where the fault lies in no field
 */
export function schemaProblem(
  issue: z.core.$ZodIssue,
  input: unknown,
  root: string,
): SchemaProblem {
  if (issue.code === 'unrecognized_keys') {
    const field = fieldAt([...issue.path, ...issue.keys.slice(0, 1)], root);
    return { field, message: `${field} is not a field that is known` };
  }
  const field = fieldAt(issue.path, root);
  // What is wrong with a whole says itself what came.
  if (issue.code === 'custom') return { field, message: `${field}: ${issue.message}` };
  const got = valueAt(input, issue.path);
  const message = got === undefined ? 'the field is missing' : `${issue.message}, got ${show(got)}`;
  return { field, message: `${field}: ${message}` };
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
