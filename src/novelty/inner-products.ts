/**
 * All inner products of the rows of two matrices, `out[i, j] = Σ_k a[i, k] b[j, k]`. Each is summed
 * in the order of k, whatever stands beside it.
 *
 * @param a - `[m, k]`, row-major
 * @param b - `[n, k]`, row-major
 * @param out - `[m, n]`, overwritten
 */
export function innerProducts(
  a: Float64Array,
  b: Float64Array,
  k: number,
  out: Float64Array,
): void {
  const [m, n] = [a.length / k, b.length / k];
  let i = 0;
  for (; i + 3 < m; i += 4) {
    for (let j = 0; j < n; j++) fourRows(a, b, k, n, i, j, out);
  }
  for (; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = i * k, q = j * k; p < (i + 1) * k; p++, q++) {
        sum += (a[p] as number) * (b[q] as number);
      }
      out[i * n + j] = sum;
    }
  }
}

/** Four rows of `a` at once: their sums do not wait for each other. */
function fourRows(
  a: Float64Array,
  b: Float64Array,
  k: number,
  n: number,
  i: number,
  j: number,
  out: Float64Array,
): void {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let p = i * k, q = j * k, end = q + k; q < end; p++, q++) {
    const value = b[q] as number;
    s0 += (a[p] as number) * value;
    s1 += (a[p + k] as number) * value;
    s2 += (a[p + 2 * k] as number) * value;
    s3 += (a[p + 3 * k] as number) * value;
  }
  const at = i * n + j;
  out[at] = s0;
  out[at + n] = s1;
  out[at + 2 * n] = s2;
  out[at + 3 * n] = s3;
}
