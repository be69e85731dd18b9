/**
 * A lower bound of the cheapest assignment: `Σ_j v_j + Σ_i u_i` with the least of each column,
 * `v_j = min_i c_ij`, and what then remains at least in each row, `u_i = min_j (c_ij − v_j)`.
 *
 * @param cost - `[n, n]`, row-major
 * @param minima - room for n numbers
 */
export function assignmentBound(cost: Float64Array, n: number, minima: Float64Array): number {
  minima.fill(Infinity, 0, n);
  let at = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++, at++) {
      const value = cost[at] as number;
      if (value < (minima[j] as number)) minima[j] = value;
    }
  }
  let bound = 0;
  for (let j = 0; j < n; j++) bound += minima[j] as number;
  at = 0;
  for (let i = 0; i < n; i++) {
    let least = Infinity;
    for (let j = 0; j < n; j++, at++) {
      const value = (cost[at] as number) - (minima[j] as number);
      if (value < least) least = value;
    }
    bound += least;
  }
  return bound;
}
