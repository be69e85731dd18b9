import { forward } from '../network/forward.js';
import type { Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import type { Pace } from '../pace.js';

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
  const { logits, blocks } = plan(arch, networks, features);
  for (const evaluate of blocks) evaluate();
  return logits;
}

/**
 * {@link evaluateNetworks} of one network on many rows, with pauses.
 *
 * @throws WeightspringError as {@link evaluateNetworks}, and what `pace` throws
 */
export async function evaluateInPieces(
  arch: Architecture,
  weights: Float32Array,
  features: Float32Array,
  pace: Pace,
): Promise<Float64Array> {
  const { logits, blocks } = plan(arch, [weights], features);
  for (const evaluate of blocks) {
    evaluate();
    await pace();
  }
  return logits[0] as Float64Array;
}

/** Where the logits go, and the work that puts them there: one call for each block of rows. */
function plan(
  arch: Architecture,
  networks: readonly Float32Array[],
  features: Float32Array,
): { readonly logits: readonly Float64Array[]; readonly blocks: readonly (() => void)[] } {
  const { inputs: width, outputs: classes } = networkOf(arch);
  const rows = features.length / width;
  const logits = networks.map(() => new Float64Array(Math.floor(rows) * classes));
  const blocks = Array.from({ length: Math.ceil(rows / ROWS_AT_ONCE) }, (_, index) => () => {
    const start = index * ROWS_AT_ONCE;
    const block = features.subarray(start * width, (start + ROWS_AT_ONCE) * width);
    networks.forEach((weights, network) => {
      logits[network]?.set(forward(arch, weights, block), start * classes);
    });
  });
  return { logits, blocks };
}
