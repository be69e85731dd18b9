import { ensure, WeightspringError } from '../errors.js';
import { wasmFunction } from '../ops/wasm-function.js';
import { ADAM_WASM } from './adam-wasm.js';

/** What all parameters share in one update of AdamW. */
export interface AdamStep {
  readonly gradientScale: number;
  /** 1 − β₁. */
  readonly share1: number;
  readonly beta2: number;
  /** 1 − β₂. */
  readonly share2: number;
  /** 1 − ηλ. */
  readonly keep: number;
  /** η √(1 − β₂ᵗ) / (1 − β₁ᵗ): both bias corrections, so that no element computes them. */
  readonly stepSize: number;
  /** ε √(1 − β₂ᵗ), for the uncorrected root of v. */
  readonly epsilon: number;
  /** 1 − dₙ of the moving average. */
  readonly averageShare: number;
}

/** The arrays of one parameter tensor, all of its size. */
export interface AdamArrays {
  readonly parameter: Float32Array;
  /** Read only. */
  readonly gradient: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
  /** Moving average of the parameter. Default: none. */
  readonly average?: Float32Array | undefined;
}

type AdamFunction = (
  parameter: number,
  gradient: number,
  first: number,
  second: number,
  average: number,
  bytes: number,
  ...step: number[]
) => void;

const NAMES = ['parameter', 'gradient', 'first', 'second', 'average'] as const;
const PAGE_BYTES = 65_536;
/** The kernel works on four float32 at a time. */
const VECTOR_BYTES = 16;
/** Values of an array from elsewhere that are copied at once: they stay in the L2 cache. */
const PIECE = 4096;

/**
 * One step of AdamW and the moving average over parameter tensors, in float32 and in one pass over
 * memory, four values per instruction:
 *
 * `g = gradientScale · gradient`, `m ← m + (1 − β₁)(g − m)`, `v ← β₂v + (1 − β₂)g²`,
 * `θ ← keep · θ − stepSize · m / (√v + ε)`, `s ← s + averageShare (θ − s)`.
 *
 * The kernel has memory of its own. Arrays that {@link array} gave out are worked on in place;
 * others are copied in and out piece by piece, with the same result.
 */
export class AdamKernel {
  readonly #memory: WebAssembly.Memory;
  readonly #run: AdamFunction;
  readonly #own = new Set<Float32Array>();
  readonly #pieces: Readonly<Record<keyof AdamArrays, Float32Array>>;
  #end = 0;

  /**
   * @param sizes - of the arrays that {@link array} will be asked for
   * @throws WeightspringError `out-of-memory`
   */
  constructor(sizes: readonly number[]) {
    const bytes = [...NAMES.map(() => PIECE), ...sizes].reduce(
      (sum, size) => sum + paddedBytes(size),
      0,
    );
    try {
      this.#memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
    } catch (error) {
      throw new WeightspringError(
        'out-of-memory',
        `the optimiser needs ${Math.ceil(bytes / 2 ** 20)} MiB for its moments: ` +
          'train a smaller velocity network',
        { cause: error },
      );
    }
    this.#run = wasmFunction(ADAM_WASM, 'adamStep', this.#memory) as AdamFunction;
    const [parameter, gradient, first, second, average] = NAMES.map(() => this.#allot(PIECE));
    this.#pieces = { parameter, gradient, first, second, average } as Record<
      keyof AdamArrays,
      Float32Array
    >;
  }

  /** Zeros in the kernel's memory. */
  array(size: number): Float32Array {
    const array = this.#allot(size);
    this.#own.add(array);
    return array;
  }

  /** Changes all arrays but the gradient. */
  step(arrays: AdamArrays, step: AdamStep): void {
    const size = arrays.parameter.length;
    if (size === 0) return;
    const isInPlace = NAMES.every((name) => this.#isInPlace(arrays[name]));
    const piece = isInPlace ? size : PIECE;
    for (let from = 0; from < size; from += piece) {
      this.#stepPiece(arrays, from, Math.min(from + piece, size), step);
    }
  }

  #stepPiece(arrays: AdamArrays, from: number, to: number, step: AdamStep): void {
    // Without an average the parameter stands in for its own: with a share of 0 nothing moves.
    const parameter = this.#load('parameter', arrays.parameter, from, to);
    const average =
      arrays.average === undefined ? parameter : this.#load('average', arrays.average, from, to);
    this.#run(
      parameter,
      this.#load('gradient', arrays.gradient, from, to),
      this.#load('first', arrays.first, from, to),
      this.#load('second', arrays.second, from, to),
      average,
      paddedBytes(to - from),
      step.gradientScale,
      step.share1,
      step.beta2,
      step.share2,
      step.keep,
      step.stepSize,
      step.epsilon,
      arrays.average === undefined ? 0 : step.averageShare,
    );
    this.#store('parameter', arrays.parameter, from, to);
    this.#store('first', arrays.first, from, to);
    this.#store('second', arrays.second, from, to);
    if (arrays.average !== undefined) this.#store('average', arrays.average, from, to);
  }

  /** Where the kernel finds the values. */
  #load(name: keyof AdamArrays, array: Float32Array, from: number, to: number): number {
    if (this.#isInPlace(array)) return array.byteOffset + from * array.BYTES_PER_ELEMENT;
    const piece = this.#pieces[name];
    piece.set(array.subarray(from, to));
    return piece.byteOffset;
  }

  #store(name: keyof AdamArrays, array: Float32Array, from: number, to: number): void {
    if (this.#isInPlace(array)) return;
    array.set(this.#pieces[name].subarray(0, to - from), from);
  }

  #isInPlace(array: Float32Array | undefined): boolean {
    return array === undefined || this.#own.has(array);
  }

  #allot(size: number): Float32Array {
    const { buffer } = this.#memory;
    const start = this.#end;
    this.#end += paddedBytes(size);
    ensure(this.#end <= buffer.byteLength, 'internal', () => 'more arrays than announced');
    return new Float32Array(buffer, start, size);
  }
}

/** Bytes of that many values, up to whole vectors. */
function paddedBytes(size: number): number {
  return Math.ceil((size * Float32Array.BYTES_PER_ELEMENT) / VECTOR_BYTES) * VECTOR_BYTES;
}
