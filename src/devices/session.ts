import process from 'node:process';
import { env, InferenceSession } from 'onnxruntime-node';
import type { WeightspringError } from '../errors.js';
import { cudaAdvice } from './cuda-advice.js';
import { cudaLibraryError } from './cuda-library.js';
import type { Provider } from './device.js';
import { ortError } from './ort-error.js';

// Errors are thrown; by default onnxruntime would print them as well. Read once, at the first
// session.
env.logLevel = 'fatal';

export interface SessionOptions {
  readonly provider: Provider;
  /** Threads of one operation on the CPU. Default 0: one per physical core. */
  readonly threads?: number;
  /**
   * Whether a run allocates one block of memory, of the size that an earlier run on inputs of the
   * same sizes needed. Default true: it makes training steps faster. The memory of the earlier run
   * is not freed, so sessions with few runs take twice the memory.
   */
  readonly planMemory?: boolean;
}

/**
 * Opens a session of a serialised model on exactly one provider, with the CPU for operators that
 * the provider lacks.
 *
 * @throws WeightspringError `provider-unavailable` if the provider cannot be used, `out-of-memory`,
 * or `model-invalid` if the CPU refuses the model
 */
export async function createSession(
  model: Uint8Array,
  { provider, threads = 0, planMemory = true }: SessionOptions,
): Promise<InferenceSession> {
  if (provider === 'cuda') keepSinglePrecision();
  try {
    return await InferenceSession.create(model, {
      executionProviders: [provider],
      graphOptimizationLevel: 'all',
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      enableMemPattern: planMemory,
      logSeverityLevel: 4,
    });
  } catch (error) {
    if (provider === 'cpu') {
      throw ortError(error, {
        what: 'the model cannot be loaded',
        code: 'model-invalid',
        memoryHint: 'end other processes, or use a smaller velocity network',
      });
    }
    throw providerFailure(error, { provider, what: 'cannot be used' });
  }
}

/** Context of a failed provider. */
export interface ProviderFailure {
  readonly provider: Provider;
  /** What it cannot do, as the end of a sentence about it. */
  readonly what: string;
}

/** The error for a provider that fails before it has computed anything for the caller. */
export function providerFailure(
  error: unknown,
  { provider, what }: ProviderFailure,
): WeightspringError {
  const libraryError = provider === 'cuda' ? cudaLibraryError() : undefined;
  return ortError(libraryError ?? error, {
    what: `provider ${provider} ${what}`,
    code: 'provider-unavailable',
    memoryHint:
      'end other processes that use the device (a service may run with --workers 1), or use ' +
      'another one',
    advise: provider === 'cuda' ? cudaAdvice : () => 'use another device',
  });
}

/**
 * By default the CUDA provider multiplies matrices in TF32, with a 10-bit mantissa: too coarse to
 * agree with the CPU to 1e-3 after some layers. The CUDA libraries read this variable when loaded;
 * set `NVIDIA_TF32_OVERRIDE=1` to prefer speed.
 */
function keepSinglePrecision(): void {
  process.env.NVIDIA_TF32_OVERRIDE ??= '0';
}
