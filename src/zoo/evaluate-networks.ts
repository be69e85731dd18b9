import { forward } from '../architecture/forward.js';
import { depth, widthAt, type Architecture } from '../architecture/architecture.js';

/** Rows that go through all networks before the next ones: bounds the memory of activations. */
const ROWS_AT_ONCE = 2048;

/**
 * Logits of several networks of one architecture on the same rows, in float64.
 *
 * @param networks - flat weights, each of the architecture's size
 * @param features - `[n, d_0]`, row-major, standardised as in training
 * @returns one `[n, d_L]` per network
 * @throws WeightspringError `shape-mismatch` when a length does not fit the architecture
 */
export function evaluateNetworks(
  arch: Architecture,
  networks: readonly Float32Array[],
  features: Float32Array,
): readonly Float64Array[] {
  const width = widthAt(arch, 0);
  const classes = widthAt(arch, depth(arch));
  const rows = features.length / width;
  const logits = networks.map(() => new Float64Array(Math.floor(rows) * classes));
  for (let start = 0; start < rows; start += ROWS_AT_ONCE) {
    const block = features.subarray(start * width, (start + ROWS_AT_ONCE) * width);
    networks.forEach((weights, index) => {
      logits[index]?.set(forward(arch, weights, block), start * classes);
    });
  }
  return logits;
}
