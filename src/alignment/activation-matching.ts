import type { Architecture } from '../network/architecture.js';
import { groupValues } from '../network/forward.js';
import { networkOf } from '../network/network.js';
import { AssignmentSolver } from './linear-assignment.js';

/**
 * Activation matching: pairs the hidden neurons of two networks such that their activations over
 * data correlate most, separately for each group.
 *
 * One linear assignment per group maximises `Σ_i corr(h(ref)[:, i], h[:, p(i)])`, Pearson's
 * correlation over the rows of `x`, summed over the values of the group that layers read; a neuron
 * that is constant there correlates 0 with every other.
 *
 * @param reference - flat weights
 * @param network - flat weights of the same architecture
 * @param x - `[n, inputs]`, row-major, the inputs over which activations are compared
 * @returns per group a permutation for `permuteNeurons`
 * @throws WeightspringError `shape-mismatch` when a length does not fit the architecture,
 * `invalid-argument` when activations are not finite
 * @see Ainsworth et al. 2023, "Git Re-Basin", section 3.1; Li et al. 2015
 */
export function matchActivations(
  reference: ArrayLike<number>,
  network: ArrayLike<number>,
  arch: Architecture,
  x: Float32Array | Float64Array,
): readonly Int32Array[] {
  const { groups } = networkOf(arch);
  const ours = groupValues(arch, reference, x);
  const theirs = groupValues(arch, network, x);
  return groups.map(({ size }, index) => {
    const correlations = new Float64Array(size * size);
    ours[index]?.forEach((values, read) => {
      const others = theirs[index]?.[read] ?? values;
      const between = correlate(
        standardiseColumns(values, size),
        standardiseColumns(others, size),
        size,
      );
      between.forEach((value, pair) => {
        correlations[pair] = (correlations[pair] as number) + value;
      });
    });
    return new AssignmentSolver(size).solve(correlations, size, { maximize: true });
  });
}

/** Columns of zero mean and unit length; those without variance become zero. */
function standardiseColumns(values: Float64Array, width: number): Float64Array {
  const rows = values.length / width;
  const standardised = values.slice();
  for (let column = 0; column < width; column++) {
    let mean = 0;
    for (let at = column; at < values.length; at += width) mean += (values[at] as number) / rows;
    let squares = 0;
    let magnitude = 0;
    for (let at = column; at < values.length; at += width) {
      squares += ((values[at] as number) - mean) ** 2;
      magnitude += (values[at] as number) ** 2;
    }
    // Rounding gives a constant column a variance of about 1e-32 times its square.
    const scale = squares <= 1e-24 * magnitude ? 0 : 1 / Math.sqrt(squares);
    for (let at = column; at < values.length; at += width) {
      standardised[at] = scale * ((values[at] as number) - mean);
    }
  }
  return standardised;
}

/** `aᵀ b` of two `[rows, width]` matrices. */
function correlate(a: Float64Array, b: Float64Array, width: number): Float64Array {
  const rows = a.length / width;
  const products = new Float64Array(width * width);
  for (let row = 0; row < rows; row++) {
    const start = row * width;
    for (let i = 0; i < width; i++) {
      const value = a[start + i] as number;
      const to = i * width;
      for (let j = 0; j < width; j++) {
        products[to + j] = (products[to + j] as number) + value * (b[start + j] as number);
      }
    }
  }
  return products;
}
