import { WeightspringError } from '../errors.js';

/** What onnxruntime, CUDA and the C++ library say when memory of the host or the GPU runs out. */
const OUT_OF_MEMORY =
  /bad_alloc|out of (device |gpu )?memory|failed to allocate|allocate memory|CUDA failure 2\b|ALLOC_FAILED/i;

/** What a caller knows about a failure of onnxruntime. */
export interface OrtFailure {
  /** What failed, as the beginning of a sentence. */
  readonly what: string;
  /** Its code where memory is not the reason. */
  readonly code: 'provider-unavailable' | 'model-invalid' | 'internal';
  /** What takes less memory, as an order to whoever reads the error. */
  readonly toSaveMemory: string;
}

/** An error of onnxruntime as one of ours: `out-of-memory` where that is the reason. */
export function ortError(
  error: unknown,
  { what, code, toSaveMemory }: OrtFailure,
): WeightspringError {
  const reason = ortReason(error);
  return OUT_OF_MEMORY.test(reason)
    ? new WeightspringError(
        'out-of-memory',
        `${what}: not enough memory (${reason}); ${toSaveMemory}`,
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
