/** Every failure that the product names. The HTTP service maps each code to a status in one table. */
export type ErrorCode =
  | 'invalid-argument'
  | 'not-found'
  | 'too-large'
  | 'unsupported-architecture'
  | 'data-missing'
  | 'data-corrupt'
  | 'model-invalid'
  | 'shape-mismatch'
  | 'no-gradient'
  | 'diverged'
  | 'cancelled'
  | 'job-timeout'
  | 'worker-lost'
  | 'overloaded'
  | 'flow-changed'
  | 'reload-failed'
  | 'provider-unavailable'
  | 'out-of-memory'
  | 'storage-failed'
  | 'internal';

export interface WeightspringErrorOptions extends ErrorOptions {
  /** The request field or command-line option at fault, as the user wrote it: `architecture.layers[1]`. */
  readonly field?: string;
  /** Where waiting helps: when to try again. */
  readonly retryAfterSeconds?: number;
}

/**
 * The one error class of the product.
 *
 * The message says what was expected, what came, and what to do; `code` is stable and safe to
 * branch on.
 */
export class WeightspringError extends Error {
  override readonly name = 'WeightspringError';
  readonly field: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: WeightspringErrorOptions = {},
  ) {
    super(message, options);
    this.field = options.field;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Throws `code` with `message()` unless `condition` holds. */
export function ensure(
  condition: boolean,
  code: ErrorCode,
  message: () => string,
  field?: string,
): asserts condition {
  if (!condition)
    throw new WeightspringError(code, message(), field === undefined ? {} : { field });
}
