import { AffineKernel } from './affine-kernel.js';
import { plainAffine } from './plain-affine.js';

/** Rows below which it takes longer to copy W to the kernel than to multiply by it here. */
const MIN_ROWS = 4;

/** Undefined until it is needed, null where WebAssembly or its SIMD is missing. */
let kernel: AffineKernel | null | undefined;

/**
 * `x W + b` in float64: `((b + x_0 w_0) + x_1 w_1) + …`, in this order and each step rounded, so
 * that the bits depend neither on the rows beside nor on the machine.
 *
 * @param x - [rows, fanIn]; float32 is widened
 * @param weight - [fanIn, fanOut]
 * @param bias - [fanOut]
 * @param out - [rows, fanOut], overwritten. Default: a new array
 * @returns `out`
 */
export function affine(
  x: Float32Array | Float64Array,
  weight: Float64Array,
  bias: Float64Array,
  rows: number,
  out = new Float64Array(rows * bias.length),
): Float64Array {
  if (rows < MIN_ROWS || weight.length === 0 || !multiply(x, weight, bias, out)) {
    plainAffine(x, weight, bias, out);
  }
  return out;
}

/** Whether the kernel did it. */
function multiply(
  x: Float32Array | Float64Array,
  weight: Float64Array,
  bias: Float64Array,
  out: Float64Array,
): boolean {
  if (kernel === undefined) kernel = openKernel();
  return kernel?.multiply(x, weight, bias, out) === true;
}

function openKernel(): AffineKernel | null {
  try {
    return new AffineKernel();
  } catch {
    return null;
  }
}
