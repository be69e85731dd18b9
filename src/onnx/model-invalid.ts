import { ensure } from '../errors.js';

/** Throws `model-invalid` with `message()` unless `condition` holds. */
export function invalidUnless(condition: boolean, message: () => string): asserts condition {
  ensure(condition, 'model-invalid', message);
}
