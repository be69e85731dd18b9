import type { Architecture } from '../../network/architecture.js';
import { forward } from '../../network/forward.js';
import { networkOf } from '../../network/network.js';
import type { Pace } from '../../pace.js';
import type { Random } from '../../random.js';
import { DropoutMasks, droppedNodes } from '../../zoo/dropout.js';
import { probabilities } from '../../zoo/metrics.js';

/** Rows that go through a network before the next ones: bounds the memory of masks. */
const ROWS_AT_ONCE = 2048;

/**
 * Probabilities of one network whose hidden values are dropped at random, drawn for every row.
 *
 * @param features - `[rows, inputs]`
 * @param rate - the part that is dropped
 * @returns `[rows, classes]`
 * @see Gal and Ghahramani 2016, "Dropout as a Bayesian Approximation"
 */
export async function dropoutPass(
  arch: Architecture,
  weights: Float32Array,
  features: Float32Array,
  rate: number,
  random: Random,
  pace: Pace,
): Promise<Float64Array> {
  const { inputs, outputs } = networkOf(arch);
  const rows = features.length / inputs;
  const result = new Float64Array(rows * outputs);
  const nodes = droppedNodes(arch);
  for (let start = 0; start < rows; start += ROWS_AT_ONCE) {
    const block = features.subarray(start * inputs, (start + ROWS_AT_ONCE) * inputs);
    const size = block.length / inputs;
    const masks = new DropoutMasks(arch, size, [rate], () => random).next();
    const factors = nodes.map(({ id, shape }, index) => {
      const data = Float64Array.from(masks[index]?.data ?? []);
      return [id, { shape: [size, ...shape], data }] as const;
    });
    const logits = forward(arch, weights, block, new Map(factors));
    result.set(probabilities(logits, size), start * outputs);
    await pace();
  }
  return result;
}
