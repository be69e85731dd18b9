import { WeightspringError, type ErrorCode } from '../../src/errors.js';

/** The code and message of the WeightspringError that `action` throws. */
export function thrownBy(action: () => unknown): { code: ErrorCode; message: string } {
  try {
    action();
  } catch (error) {
    if (error instanceof WeightspringError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('expected an error, got none');
}
