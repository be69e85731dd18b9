import { ensure } from './errors.js';

/** Largest seed that a request or option may carry: integers above it are not exact in JSON. */
export const MAX_SEED = Number.MAX_SAFE_INTEGER;

/** The complete state of a {@link Random}: restoring it continues the same sequence. */
export interface RandomState {
  readonly words: readonly [number, number, number, number];
  readonly spareNormal: number | null;
}

/**
 * A seeded pseudo-random generator: sfc32 (Doty-Humphrey), 32-bit words, period ≥ 2³².
 *
 * Streams: `new Random(seed, a, b)` is independent of `new Random(seed, a, c)`, so that the k-th
 * network of a request draws the same noise whatever else is drawn beside it.
 *
 * @example
 * const noise = new Random(7, 'noise', 0).normals(802);
 */
export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;
  #spareNormal: number | null = null;

  /**
   * @param seed - integer in [0, 2⁵³)
   * @param stream - labels that separate independent sequences of one seed
   * @throws WeightspringError `invalid-argument` for a seed outside its range
   */
  constructor(seed: number, ...stream: readonly (string | number)[]) {
    ensure(
      Number.isSafeInteger(seed) && seed >= 0,
      'invalid-argument',
      () => `seed must be an integer from 0 to ${String(MAX_SEED)}, got ${String(seed)}`,
      'seed',
    );
    const text = [seed, ...stream.map((label) => `${typeof label}:${String(label)}`)].join(
      '\u0000',
    );
    this.#a = fnv1a(text, 0x811c9dc5);
    this.#b = fnv1a(text, 0x9e3779b9);
    this.#c = fnv1a(text, 0x85ebca6b);
    for (let i = 0; i < 20; i++) this.uint32();
  }

  get state(): RandomState {
    return { words: [this.#a, this.#b, this.#c, this.#counter], spareNormal: this.#spareNormal };
  }

  set state({ words, spareNormal }: RandomState) {
    [this.#a, this.#b, this.#c, this.#counter] = words;
    this.#spareNormal = spareNormal;
  }

  /** A uniform integer in [0, 2³²). */
  uint32(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + result;
    this.#c |= 0;
    return result >>> 0;
  }

  /** A uniform number in [0, 1) with 53 random bits. */
  uniform(): number {
    return ((this.uint32() >>> 5) * 67108864 + (this.uint32() >>> 6)) / 9007199254740992;
  }

  /** A uniform integer in [0, bound). */
  integer(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** A standard normal number (Marsaglia's polar method). */
  normal(): number {
    if (this.#spareNormal !== null) {
      const spare = this.#spareNormal;
      this.#spareNormal = null;
      return spare;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const factor = Math.sqrt((-2 * Math.log(s)) / s);
        this.#spareNormal = v * factor;
        return u * factor;
      }
    }
  }

  /** `count` standard normal numbers, float32. */
  normals(count: number): Float32Array {
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = this.normal();
    return values;
  }

  /** A Beta(1, b) number by inversion: `1 − (1 − u)^(1/b)`. */
  beta1(b: number): number {
    return 1 - Math.pow(1 - this.uniform(), 1 / b);
  }

  /** A uniform permutation of 0 … n − 1 (Fisher–Yates). */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const held = order[i] ?? 0;
      order[i] = order[j] ?? 0;
      order[j] = held;
    }
    return order;
  }
}

/** 32-bit FNV-1a of the UTF-16 units of `text`, from a chosen offset basis, with a final avalanche. */
function fnv1a(text: string, basis: number): number {
  let hash = basis;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return hash ^ (hash >>> 16);
}

/** A seed drawn from the operating system, for requests that give none. */
export function drawSeed(): number {
  const words = crypto.getRandomValues(new Uint32Array(2));
  return ((words[0] ?? 0) & 0x1fffff) * 4294967296 + (words[1] ?? 0);
}
