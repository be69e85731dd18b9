import { WeightspringError } from '../../src/index.js';

/** Names the fields that errors of `work` are about as fields of `parent`. */
export async function inField<T>(parent: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof WeightspringError) || error.field === undefined) throw error;
    const { code, message, field, retryAfterSeconds } = error;
    throw new WeightspringError(code, message, {
      field: `${parent}.${field}`,
      cause: error,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
  }
}
