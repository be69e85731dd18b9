import { decodeFloat16 } from '../../files/float16.js';
import { WeightspringError } from '../../errors.js';

/** Files beside a graph that hold its weights, by name. */
export type BesideFiles = ReadonlyMap<string, Uint8Array>;

/** A tensor of a file that another program wrote. */
export interface ForeignTensor {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float32Array;
}

/** Types of numbers that files of other programs hold weights in, by safetensors's name. */
const DECODERS: Readonly<Record<string, (buffer: ArrayBuffer) => Float32Array>> = {
  F64: (buffer) => Float32Array.from(new Float64Array(buffer)),
  F32: (buffer) => new Float32Array(buffer),
  F16: (buffer) => decodeFloat16(new Uint16Array(buffer)),
  BF16: (buffer) => fromBfloat16(new Uint16Array(buffer)),
};
const BYTES: Readonly<Record<string, number>> = { F64: 8, F32: 4, F16: 2, BF16: 2 };

/** Whether weights of a type can be read. */
export function isWeightType(type: string): boolean {
  return Object.hasOwn(DECODERS, type);
}

/**
 * Numbers of a type from their bytes, which need not be aligned.
 *
 * @param size - numbers that are expected
 * @returns undefined for another number of them, or an unknown type
 */
export function decodeWeights(
  type: string,
  bytes: Uint8Array,
  size: number,
): Float32Array | undefined {
  const decode = DECODERS[type];
  if (decode === undefined || bytes.length !== size * (BYTES[type] ?? NaN)) return undefined;
  return decode(new Uint8Array(bytes).buffer);
}

/** The upper halves of float32 numbers. */
export function fromBfloat16(words: Uint16Array): Float32Array {
  const bits = Uint32Array.from(words, (word) => word << 16);
  return new Float32Array(bits.buffer);
}

/** A file that holds no network that can be imported. */
export function foreign(problem: string): WeightspringError {
  return new WeightspringError('data-corrupt', problem);
}
