import { wasmFunction } from '../wasm-function.js';
import { CONVOLVE_WASM } from './convolve-wasm.js';
import { bytes, KernelMemory, pack, TILE, wholeTiles } from './kernel-memory.js';

type ConvolveFunction = (
  x: number,
  filters: number,
  bias: number,
  out: number,
  channels: number,
  planeBytes: number,
  lineBytes: number,
  k: number,
  l: number,
  panels: number,
  rows: number,
  columns: number,
  pitchBytes: number,
) => void;

/** Images and filters of a convolution. */
export interface ConvolutionSizes {
  readonly images: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Height and width of a filter. */
  readonly k: number;
  readonly l: number;
}

/**
 * Convolutions in float64 by WebAssembly, sixteen sums at a time, with the same bits as one sum at a
 * time: each sum runs over the filter in order, and no multiply and add are fused.
 *
 * Operands are copied into the kernel's own memory, image by image.
 */
export class ConvolutionKernel {
  readonly #memory = new KernelMemory();
  readonly #run = wasmFunction(CONVOLVE_WASM, 'convolve', this.#memory.memory) as ConvolveFunction;

  /**
   * @param x - [images, channels, height, width], not empty
   * @param filters - [channels · k · l, outputs], not empty
   * @param bias - [outputs]
   * @param out - [images, outputs, h', w'], written
   * @returns false, with nothing written, if that takes more memory than the kernel may have
   */
  convolve(
    x: Float64Array,
    filters: Float64Array,
    bias: Float64Array,
    out: Float64Array,
    { images, channels, height, width, k, l }: ConvolutionSizes,
  ): boolean {
    const outputs = bias.length;
    const [rows, columns] = [height - k + 1, width - l + 1];
    const places = rows * columns;
    const pitch = places + TILE;
    const padded = wholeTiles(outputs);
    const biasAt = (filters.length / outputs) * padded;
    const xAt = biasAt + padded;
    const outAt = xAt + channels * height * width + TILE;
    if (!this.#memory.hold(outAt + padded * pitch)) return false;
    const { numbers } = this.#memory;
    pack(filters, outputs, numbers);
    numbers.set(bias, biasAt);
    const size = channels * height * width;
    for (let image = 0; image < images; image++) {
      numbers.set(x.subarray(image * size, (image + 1) * size), xAt);
      this.#run(
        bytes(xAt),
        0,
        bytes(biasAt),
        bytes(outAt),
        channels,
        bytes(height * width),
        bytes(width),
        k,
        l,
        padded / TILE,
        rows,
        columns,
        bytes(pitch),
      );
      for (let o = 0; o < outputs; o++) {
        const from = outAt + o * pitch;
        out.set(numbers.subarray(from, from + places), (image * outputs + o) * places);
      }
    }
    return true;
  }
}
