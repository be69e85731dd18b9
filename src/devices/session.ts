import process from 'node:process';
import { env, InferenceSession } from 'onnxruntime-node';
import type { WeightspringError } from '../errors.js';
import { cudaAdvice } from './cuda-advice.js';
import { cudaLibraryError } from './cuda-library.js';
import type { Provider } from './device.js';
import { ortError } from './ort-error.js';

// What goes wrong is thrown; onnxruntime would print it as well. Read once, at the first session.
env.logLevel = 'fatal';

export interface SessionOptions {
  readonly provider: Provider;
  /** Threads of one operation on the CPU. Default 0: one per physical core. */
  readonly threads?: number;
  /**
   * Whether the values of a run get one block of memory, of the size that a run on inputs of the
   * same sizes has needed before. Default true: a training step is faster by it. The block comes
   * beside what that other run took, so that it doubles the memory of sessions with few runs.
   */
  readonly planMemory?: boolean;
}

/**
 * Opens a session of a serialised model on exactly one provider, beside the CPU for the operators
 * that the provider lacks.
 *
 * @throws WeightspringError `provider-unavailable` where the provider cannot be used,
 *   `out-of-memory`, or `model-invalid` where the CPU refuses the model
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
        memoryHint: 'end other processes, or take a smaller velocity network',
      });
    }
    throw providerFailure(error, { provider, what: 'cannot be used' });
  }
}

/** What a caller knows about a provider that failed. */
export interface ProviderFailure {
  readonly provider: Provider;
  /** What it does not do, as the end of a sentence about it. */
  readonly what: string;
}

/** What fails on a provider before it has computed anything for a caller, with what to do. */
export function providerFailure(
  error: unknown,
  { provider, what }: ProviderFailure,
): WeightspringError {
  const libraryError = provider === 'cuda' ? cudaLibraryError() : undefined;
  return ortError(libraryError ?? error, {
    what: `provider ${provider} ${what}`,
    code: 'provider-unavailable',
    memoryHint:
      'end what else uses the device (a service may run with --workers 1), or use another',
    advise: provider === 'cuda' ? cudaAdvice : () => 'use another device',
  });
}

/**
 * By itself the CUDA provider multiplies matrices in TF32, of 10 bits of mantissa: too coarse to
 * agree with the CPU to 1e-3 after some layers. The CUDA libraries read this when they are loaded;
 * `NVIDIA_TF32_OVERRIDE=1` in the environment prefers the speed.
 */
function keepSinglePrecision(): void {
  process.env.NVIDIA_TF32_OVERRIDE ??= '0';
}
