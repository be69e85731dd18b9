import { WeightspringError } from '../errors.js';

/** What JavaScript and the native build of TensorFlow.js say when memory runs out. */
const OUT_OF_MEMORY =
  /allocation failed|invalid (typed array|array buffer) length|\bOOM\b|out of memory/i;

/**
 * An error of TensorFlow.js as one of ours: `out-of-memory` where that is the reason.
 *
 * The wasm build does not notice that it got no memory: it writes to address 0 and traps sooner or
 * later, for reasons of all kinds. Kernels that have the memory they asked for do not trap.
 */
export function tfjsError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof WeightspringError) return error;
  const isTrap = error.name === 'RuntimeError';
  return isTrap || OUT_OF_MEMORY.test(error.message)
    ? new WeightspringError(
        'out-of-memory',
        `a training step failed: not enough memory for TensorFlow.js (${error.message}); use a ` +
          'smaller batch, a narrower network, or --engine ort',
        { cause: error },
      )
    : error;
}
