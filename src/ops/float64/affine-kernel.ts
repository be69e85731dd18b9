import { wasmFunction } from '../wasm-function.js';
import { AFFINE_WASM } from './affine-wasm.js';

type AffineFunction = (
  x: number,
  weight: number,
  bias: number,
  out: number,
  rows: number,
  fanIn: number,
  fanOut: number,
) => void;

const PAGE_BYTES = 65_536;
/** Rows and columns that the kernel works on at a time. */
const TILE = 4;
/** Numbers of x and of the result that are in the kernel's memory at once: they stay in cache. */
const BLOCK = 16_384;
/** Numbers that the kernel's memory, which never shrinks, may hold: 64 MiB. */
const MAX_NUMBERS = 2 ** 23;

/**
 * `x W + b` in float64 by WebAssembly, sixteen sums at a time, with the bits that one sum after the
 * other would have: each runs over the inputs in their order, and no product is fused with its sum.
 *
 * Operands are copied into memory that the kernel keeps.
 */
export class AffineKernel {
  readonly #memory = new WebAssembly.Memory({ initial: 1 });
  readonly #run = wasmFunction(AFFINE_WASM, 'affine', this.#memory) as AffineFunction;
  #numbers = new Float64Array(this.#memory.buffer);

  /**
   * @param x - [rows, fanIn]
   * @param weight - [fanIn, fanOut], not empty
   * @param bias - [fanOut]
   * @param out - [rows, fanOut], written
   * @returns whether it was: not where that takes more memory than the kernel may have
   */
  multiply(
    x: Float32Array | Float64Array,
    weight: Float64Array,
    bias: Float64Array,
    out: Float64Array,
  ): boolean {
    const fanOut = bias.length;
    const fanIn = weight.length / fanOut;
    const rows = out.length / fanOut;
    const columns = wholeTiles(fanOut);
    const blockRows = Math.min(
      wholeTiles(rows),
      wholeTiles(Math.max(1, Math.floor(BLOCK / (fanIn + fanOut)))),
    );
    const biasAt = columns * fanIn;
    const xAt = biasAt + columns;
    const outAt = xAt + blockRows * fanIn;
    if (!this.#hold(outAt + blockRows * fanOut + TILE)) return false;
    const numbers = this.#numbers;
    pack(weight, fanOut, numbers);
    numbers.set(bias, biasAt);
    for (let row = 0; row < rows; row += blockRows) {
      const count = Math.min(blockRows, rows - row);
      numbers.set(x.subarray(row * fanIn, (row + count) * fanIn), xAt);
      this.#run(
        bytes(xAt),
        bytes(0),
        bytes(biasAt),
        bytes(outAt),
        wholeTiles(count),
        fanIn,
        fanOut,
      );
      out.set(numbers.subarray(outAt, outAt + count * fanOut), row * fanOut);
    }
    return true;
  }

  /** Whether the memory holds so many numbers, now if not before. */
  #hold(count: number): boolean {
    const missing = count - this.#numbers.length;
    if (missing <= 0) return true;
    if (count > MAX_NUMBERS) return false;
    try {
      this.#memory.grow(Math.ceil(bytes(missing) / PAGE_BYTES));
    } catch {
      return false;
    }
    this.#numbers = new Float64Array(this.#memory.buffer);
    return true;
  }
}

/** W in panels of four columns: [⌈fanOut / 4⌉, fanIn, 4]. */
function pack(weight: Float64Array, fanOut: number, panels: Float64Array): void {
  const fanIn = weight.length / fanOut;
  for (let column = 0; column < fanOut; column++) {
    const within = column % TILE;
    let to = (column - within) * fanIn + within;
    for (let from = column; from < weight.length; from += fanOut, to += TILE) {
      panels[to] = weight[from] as number;
    }
  }
}

function wholeTiles(count: number): number {
  return Math.ceil(count / TILE) * TILE;
}

function bytes(numbers: number): number {
  return numbers * Float64Array.BYTES_PER_ELEMENT;
}
