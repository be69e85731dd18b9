/**
 * A lower bound of the cheapest assignment: with `v_j = min_i c_ij` and `u_i = min_j (c_ij − v_j)`,
 * `Σ v + Σ u`, the larger of this and the same of the transposed matrix.
 *
 * @param cost - `[n, n]`, row-major
 * @param scratch - room for n numbers
 */
export function assignmentBound(cost: Float64Array, n: number, scratch: Float64Array): number {
  return Math.max(dualBound(cost, n, n, 1, scratch), dualBound(cost, n, 1, n, scratch));
}

function dualBound(
  cost: Float64Array,
  n: number,
  rowStride: number,
  columnStride: number,
  minima: Float64Array,
): number {
  minima.fill(Infinity, 0, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const value = cost[i * rowStride + j * columnStride] as number;
      if (value < (minima[j] as number)) minima[j] = value;
    }
  }
  let bound = 0;
  for (let j = 0; j < n; j++) bound += minima[j] as number;
  for (let i = 0; i < n; i++) {
    let least = Infinity;
    for (let j = 0; j < n; j++) {
      const value = (cost[i * rowStride + j * columnStride] as number) - (minima[j] as number);
      if (value < least) least = value;
    }
    bound += least;
  }
  return bound;
}
