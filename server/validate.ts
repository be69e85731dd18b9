import type { z } from 'zod';
import { fieldAt, parseWith, WeightspringError } from '../src/index.js';

/** What messages call the whole document. */
const ROOT = 'body';

type Path = readonly PropertyKey[];

/**
 * No request needs more values in one array, or more fields in one object: files may have larger
 * graphs, which take longer to work out than a request may keep others waiting.
 */
export const MAX_ITEMS = 256;
/** How deep the bound above is looked after: schemas look no deeper. */
const MAX_DEPTH = 4;

/**
 * Parses untrusted input with a schema, once it is known to be small: a schema makes an issue of
 * each value at fault.
 *
 * @throws WeightspringError `invalid-argument` for the first field at fault
 */
export function validate<T>(schema: z.ZodType<T>, input: unknown): T {
  ensureSmall(input, []);
  return parseWith(schema, input, ROOT, ({ field, message }) => invalid(field, message));
}

/** @throws WeightspringError `invalid-argument` for the first array or object that is too long */
function ensureSmall(value: unknown, path: Path): void {
  if (typeof value !== 'object' || value === null || path.length > MAX_DEPTH) return;
  const isList = Array.isArray(value);
  const size = isList ? value.length : Object.keys(value).length;
  if (size > MAX_ITEMS) {
    const field = fieldAt(path, ROOT);
    const what = isList ? 'values' : 'fields';
    throw invalid(field, `${field}: expected at most ${MAX_ITEMS} ${what}, got ${size}`);
  }
  for (const [key, item] of Object.entries(value)) {
    ensureSmall(item, [...path, isList ? Number(key) : key]);
  }
}

function invalid(field: string, message: string): WeightspringError {
  return new WeightspringError('invalid-argument', message, { field });
}
