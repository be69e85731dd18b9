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
  readonly memoryHint: string;
  /** What to do about another reason; default nothing is said. */
  readonly advise?: (reason: string) => string;
}

/** An error of onnxruntime as one of ours: `out-of-memory` where that is the reason. */
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

/** Where in onnxruntime's sources a check failed: `file.cc:136 signature condition was false. `. */
const FAILED_CHECK = /^\S+:\d+ .* was false\. /s;
/** Which node was running; what it said follows. */
const RUNNING_NODE =
  /^Non-zero status code returned while running (\w+) node\. Name:'([^']*)' Status Message: /;
/** A place and a signature of onnxruntime's sources, and the status that was thrown there. */
const THROWN_STATUS = /^\S+:\d+ .*\[ONNXRuntimeError\] : \d+ : \w+ : /;
/** What CUDA or a library of it said; the GPU, the host's name and a place in the sources follow. */
const CUDA_FAILURE = /\bCU\w+ failure -?\d+: .*?(?= ; GPU=)/;
/** What is left may still be a signature in C++. */
const MAX_REASON_LENGTH = 400;

/** The message in one line, without places and signatures of onnxruntime's sources. */
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
