import { ensure } from '../errors.js';

const SIGN = 0x8000;
/** Bits of infinity; above them there are only the values that are not numbers. */
const INFINITE = 0x7c00;
/** Bits of the float32 fraction that float16 has no room for. */
const DROPPED_BITS = 13;
/** float32 exponents are biased by 127, float16 ones by 15. */
const REBIAS = (127 - 15) << 23;
/** 2⁻¹⁴ as float32 bits: below it float16 is subnormal. */
const SMALLEST_NORMAL = 113 << 23;

/**
 * float32 numbers as IEEE 754 half precision, each rounded to the nearest, ties to even.
 *
 * @returns raw 16-bit words, as ONNX initialisers and safetensors hold them
 * @throws WeightspringError `invalid-argument` for a number that is not finite or beyond ±65504
 */
export function encodeFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (word, index) => {
    const magnitude = halfMagnitude(word & 0x7fff_ffff);
    ensure(
      magnitude < INFINITE,
      'invalid-argument',
      () =>
        `float16 holds numbers from −65504 to 65504, got ${String(values[index])} at ${index}: ` +
        'store as float32',
    );
    return ((word >>> 16) & SIGN) | magnitude;
  });
}

/** Half-precision words as float32; exact. */
export function decodeFloat16(words: Uint16Array): Float32Array {
  const bits = new Uint32Array(words.length);
  // A loop: `Uint32Array.from` takes some 20 times as long, a second for five million.
  for (let index = 0; index < words.length; index++) bits[index] = toSingle(words[index] as number);
  return new Float32Array(bits.buffer);
}

/** Magnitude bits of a half from those of a float32; {@link INFINITE} or more beyond its range. */
function halfMagnitude(single: number): number {
  if (single >= SMALLEST_NORMAL) return roundOff(single - REBIAS, DROPPED_BITS);
  // A subnormal counts in units of 2⁻²⁴: the fraction with its leading one, shifted there.
  const shift = 126 - (single >>> 23);
  return shift > 24 ? 0 : roundOff((single & 0x7f_ffff) | 0x80_0000, shift);
}

/** `value / 2^bits`, rounded to the nearest, ties to even; a carry into the exponent is right. */
function roundOff(value: number, bits: number): number {
  const kept = value >>> bits;
  const rest = value - kept * 2 ** bits;
  const half = 2 ** (bits - 1);
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
}

function toSingle(half: number): number {
  const sign = (half & SIGN) << 16;
  const magnitude = half & ~SIGN;
  if (magnitude >= INFINITE) return sign | 0x7f80_0000 | ((magnitude & 0x3ff) << DROPPED_BITS);
  if (magnitude >= 0x400) return sign | ((magnitude << DROPPED_BITS) + REBIAS);
  if (magnitude === 0) return sign;
  // A subnormal in units of 2⁻²⁴ is a normal float32.
  const zeros = Math.clz32(magnitude) - 8;
  return sign | ((126 - zeros) << 23) | ((magnitude << zeros) & 0x7f_ffff);
}
