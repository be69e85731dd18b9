import { WeightspringError, type ErrorCode } from '../../src/errors.js';

/** What a test holds of a WeightspringError. */
interface Thrown {
  readonly code: ErrorCode;
  readonly message: string;
  readonly field: string | undefined;
}

/** The WeightspringError that `action` throws. */
export function thrownBy(action: () => unknown): Thrown {
  try {
    action();
  } catch (error) {
    if (!(error instanceof WeightspringError)) throw error;
    const { code, message, field } = error;
    return { code, message, field };
  }
  throw new Error('expected an error, got none');
}
