import { wasmFunction } from '../wasm-function.js';
import { AFFINE_WASM } from './affine-wasm.js';
import { bytes, KernelMemory, pack, TILE, wholeTiles } from './kernel-memory.js';

type AffineFunction = (
  x: number,
  weight: number,
  bias: number,
  out: number,
  rows: number,
  fanIn: number,
  fanOut: number,
) => void;

/** Numbers of x and of the result in the kernel's memory at once: few enough to stay in cache. */
const BLOCK = 16_384;

/**
 * `x W + b` in float64 by WebAssembly, sixteen sums at a time, with the same bits as one sum at a
 * time: each sum runs over the inputs in order, and no multiply and add are fused.
 *
 * Operands are copied into the kernel's own memory.
 */
export class AffineKernel {
  readonly #memory = new KernelMemory();
  readonly #run = wasmFunction(AFFINE_WASM, 'affine', this.#memory.memory) as AffineFunction;

  /**
   * @param x - [rows, fanIn]
   * @param weight - [fanIn, fanOut], not empty
   * @param bias - [fanOut]
   * @param out - [rows, fanOut], written
   * @returns false, with nothing written, if that takes more memory than the kernel may have
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
    if (!this.#memory.hold(outAt + blockRows * fanOut + TILE)) return false;
    const { numbers } = this.#memory;
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
}
