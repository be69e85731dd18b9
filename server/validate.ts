import type { z } from 'zod';
import { fieldAt, parseWith, WeightspringError } from '../src/index.js';

/** Name of the whole document in messages. */
const ROOT = 'body';

type Path = readonly PropertyKey[];

/**
 * Most values of an array or fields of an object in a request. Files may have larger graphs, which
 * would take too long while other requests wait.
 */
export const MAX_ITEMS = 256;
/** How deep this bound is checked: schemas look no deeper. */
const MAX_DEPTH = 5;

/**
 * Parses untrusted input with a schema, after bounding its size: a schema makes an issue for each
 * invalid value.
 *
 * @param longFields - those that the schema bounds and does not look into. Default: none
 * @throws WeightspringError `invalid-argument` for the first field at fault
 */
export function validate<T>(
  schema: z.ZodType<T>,
  input: unknown,
  longFields: readonly string[] = [],
): T {
  ensureSmall(input, [], longFields);
  return parseWith(schema, input, ROOT, ({ field, message }) => invalid(field, message));
}

/** @throws WeightspringError `invalid-argument` for the first array or object that is too long */
function ensureSmall(value: unknown, path: Path, longFields: readonly string[]): void {
  if (typeof value !== 'object' || value === null || path.length > MAX_DEPTH) return;
  if (longFields.includes(fieldAt(path, ROOT))) return;
  const isList = Array.isArray(value);
  const size = isList ? value.length : Object.keys(value).length;
  if (size > MAX_ITEMS) {
    const field = fieldAt(path, ROOT);
    const what = isList ? 'values' : 'fields';
    throw invalid(field, `${field}: expected at most ${MAX_ITEMS} ${what}, got ${size}`);
  }
  for (const [key, item] of Object.entries(value)) {
    ensureSmall(item, [...path, isList ? Number(key) : key], longFields);
  }
}

function invalid(field: string, message: string): WeightspringError {
  return new WeightspringError('invalid-argument', message, { field });
}
