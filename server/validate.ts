import type { z } from 'zod';
import { WeightspringError } from '../src/index.js';

type Path = readonly PropertyKey[];

/**
 * Parses untrusted input with a schema.
 *
 * @throws WeightspringError `invalid-argument` for the first field at fault
 */
export function validate<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue === undefined) throw new WeightspringError('internal', 'a schema refused in silence');
  if (issue.code === 'unrecognized_keys') {
    const field = formatPath([...issue.path, ...issue.keys.slice(0, 1)]);
    throw invalid(field, `${field} is not a field of this request`);
  }
  const field = formatPath(issue.path);
  const got = valueAt(input, issue.path);
  const message = got === undefined ? 'the field is missing' : `${issue.message}, got ${show(got)}`;
  throw invalid(field, `${field}: ${message}`);
}

function invalid(field: string, message: string): WeightspringError {
  return new WeightspringError('invalid-argument', message, { field });
}

/** `['architecture', 'layers', 1]` → `architecture.layers[1]`; the whole document is `body`. */
function formatPath(path: Path): string {
  if (path.length === 0) return 'body';
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key).slice(0, 100)}`))
    .join('')
    .replace(/^\./, '');
}

function valueAt(input: unknown, path: Path): unknown {
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
