/** Rows that go through one layer together, so that a panel of W stays in cache. */
const ROW_BLOCK = 32;

/**
 * `affine` in JavaScript: the reference of the kernel.
 *
 * Four rows of W are applied per pass over an output row, which quarters the traffic on it.
 */
export function plainAffine(
  x: Float32Array | Float64Array,
  weight: Float64Array,
  bias: Float64Array,
  out: Float64Array,
): void {
  const fanOut = bias.length;
  const fanIn = weight.length / fanOut;
  const rows = out.length / fanOut;
  for (let row = 0; row < rows; row++) out.set(bias, row * fanOut);
  const quadEnd = fanIn - (fanIn % 4);
  for (let start = 0; start < rows; start += ROW_BLOCK) {
    const end = Math.min(rows, start + ROW_BLOCK);
    for (let k = 0; k < quadEnd; k += 4) {
      const w0 = k * fanOut;
      const w1 = w0 + fanOut;
      const w2 = w1 + fanOut;
      const w3 = w2 + fanOut;
      for (let row = start; row < end; row++) {
        const at = row * fanIn + k;
        const x0 = x[at] as number;
        const x1 = x[at + 1] as number;
        const x2 = x[at + 2] as number;
        const x3 = x[at + 3] as number;
        const to = row * fanOut;
        for (let j = 0; j < fanOut; j++) {
          out[to + j] =
            (out[to + j] as number) +
            x0 * (weight[w0 + j] as number) +
            x1 * (weight[w1 + j] as number) +
            x2 * (weight[w2 + j] as number) +
            x3 * (weight[w3 + j] as number);
        }
      }
    }
    for (let k = quadEnd; k < fanIn; k++) {
      const w0 = k * fanOut;
      for (let row = start; row < end; row++) {
        const x0 = x[row * fanIn + k] as number;
        const to = row * fanOut;
        for (let j = 0; j < fanOut; j++) {
          out[to + j] = (out[to + j] as number) + x0 * (weight[w0 + j] as number);
        }
      }
    }
  }
}
