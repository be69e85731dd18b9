import { WeightspringError } from '../errors.js';

/** Messages of onnxruntime, CUDA and the C++ library when host or GPU memory runs out. */
const OUT_OF_MEMORY =
  /bad_alloc|out of (device |gpu )?memory|failed to allocate|allocate memory|CUDA failure 2\b|ALLOC_FAILED/i;

/** Context of a failure of onnxruntime. */
export interface OrtFailure {
  /** What failed, as the beginning of a sentence. */
  readonly what: string;
  /** Error code unless memory is the reason. */
  readonly code: 'provider-unavailable' | 'model-invalid' | 'internal';
  /** How to use less memory, as an instruction to the user. */
  readonly memoryHint: string;
  /** What to do about any other reason. Default: no advice. */
  readonly advise?: (reason: string) => string;
}

/** Converts an error of onnxruntime to ours: `out-of-memory` if that is the reason. */
export function ortError(
  error: unknown,
  { what, code, memoryHint, advise }: OrtFailure,
): WeightspringError {
  const reason = ortReason(error);
  if (OUT_OF_MEMORY.test(reason)) {
    const message = `${what}: not enough memory (${reason}); ${memoryHint}`;
    return new WeightspringError('out-of-memory', message, { cause: error });
  }
  const advice = advise === undefined ? '' : `; ${advise(reason)}`;
  return new WeightspringError(code, `${what}: ${reason}${advice}`, { cause: error });
}

/**
 * Location in onnxruntime's sources of a failed check:
 * `file.cc:136 signature condition was false. `.
 */
const FAILED_CHECK = /^\S+:\d+ .* was false\. /s;
/** Which node was running; its message follows. */
const RUNNING_NODE =
  /^Non-zero status code returned while running (\w+) node\. Name:'([^']*)' Status Message: /;
/** A location and a signature in onnxruntime's sources, and the status thrown there. */
const THROWN_STATUS = /^\S+:\d+ .*\[ONNXRuntimeError\] : \d+ : \w+ : /;
/** Message of CUDA or its libraries; the GPU, the host name and a source location follow. */
const CUDA_FAILURE = /\bCU\w+ failure -?\d+: .*?(?= ; GPU=)/;
/** The rest may still be a C++ signature. */
const MAX_REASON_LENGTH = 400;

/** The message in one line, without locations and signatures in onnxruntime's sources. */
export function ortReason(error: unknown): string {
  const message = (error instanceof Error ? error.message : String(error))
    .replace(FAILED_CHECK, '')
    .replace(/\s+/g, ' ')
    .trim();
  const [place, operator, name] = RUNNING_NODE.exec(message) ?? [''];
  const said = message.slice(place.length).replace(THROWN_STATUS, '');
  const reason = CUDA_FAILURE.exec(said)?.[0] ?? said;
  const node = operator === undefined ? '' : `${operator} node '${name ?? ''}': `;
  return `${node}${reason}`.slice(0, MAX_REASON_LENGTH);
}
