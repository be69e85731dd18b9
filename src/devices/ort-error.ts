import { WeightspringError } from '../errors.js';

/** What onnxruntime, CUDA and the C++ library say when memory of the host or the GPU runs out. */
const OUT_OF_MEMORY =
  /bad_alloc|out of (device |gpu )?memory|failed to allocate|allocate memory|CUDA failure 2\b|ALLOC_FAILED/i;

/**
 * An error of onnxruntime as one of ours: `out-of-memory` where that is the reason, else `code`.
 *
 * @param what - what failed, as the beginning of a sentence
 */
export function ortError(
  error: unknown,
  what: string,
  code: 'provider-unavailable' | 'model-invalid' | 'internal',
): WeightspringError {
  const reason = ortReason(error);
  return OUT_OF_MEMORY.test(reason)
    ? new WeightspringError(
        'out-of-memory',
        `${what}: not enough memory (${reason}); use a smaller batch or a narrower network`,
        { cause: error },
      )
    : new WeightspringError(code, `${what}: ${reason}`, { cause: error });
}

/** The message in one line, without the place in onnxruntime's sources that it may begin with. */
export function ortReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .replace(/^\S+:\d+ .* was false\. /s, '')
    .replace(/\s+/g, ' ')
    .trim();
}
