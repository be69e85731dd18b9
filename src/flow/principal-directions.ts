import { affine } from '../ops/float64/affine.js';

/** Sums that a linear combination of directions is taken in. */
const SUMS = 4;
/** Rows that are multiplied by all directions at once: bounds what is copied of them. */
const ROWS_AT_ONCE = 512;

/** Some of the directions, each `[d]`, as columns. */
interface Share {
  readonly which: readonly number[];
  /** [d, which.length] */
  readonly factor: Float32Array;
}

/** Products with the directions E `[d, K]` of an input metric, in float64. */
export class PrincipalDirections {
  #transposed: Float32Array | undefined;
  #wide: Float64Array | undefined;
  #shares: readonly Share[] | undefined;
  /** Of {@link combinations}, kept from call to call. */
  #sums = new Float64Array(0);

  /** @param basis - E, [d, K], row-major */
  constructor(
    private readonly basis: Float32Array,
    private readonly rank: number,
  ) {}

  /**
   * `Eᵀ W`, each sum over d in order.
   *
   * @param w - [d, n]
   * @returns [K, n]
   */
  coordinates(w: Float64Array): Float64Array {
    this.#transposed ??= transpose(this.basis, this.rank);
    return affine(this.#transposed, w, new Float64Array(w.length / this.#features), this.rank);
  }

  /**
   * `E W̃`, each sum over k in four: of every fourth k, those that remain in the first.
   *
   * @param w - [K, n]
   * @returns [d, n], until the next call
   */
  combinations(w: Float64Array): Float64Array {
    const n = w.length / this.rank;
    const size = this.#features * n;
    if (size > this.#sums.length / SUMS) this.#sums = new Float64Array(SUMS * size);
    this.#shares ??= this.#split();
    const [a, b, c, d] = this.#shares.map(({ which, factor }, share) => {
      const rows = new Float64Array(which.length * n);
      which.forEach((k, index) => {
        rows.set(w.subarray(k * n, (k + 1) * n), index * n);
      });
      const out = this.#sums.subarray(share * size, (share + 1) * size);
      return affine(factor, rows, new Float64Array(n), this.#features, out);
    }) as [Float64Array, Float64Array, Float64Array, Float64Array];
    for (let i = 0; i < a.length; i++) {
      a[i] = (a[i] as number) + (b[i] as number) + (c[i] as number) + (d[i] as number);
    }
    return a;
  }

  /**
   * `(X − μ) E`, each sum over d in order.
   *
   * @param rows - [n, d]
   * @param mean - μ, [d]
   * @param take - gets the products `[…, K]`, and the row of the first of them
   */
  project(
    rows: ArrayLike<number>,
    mean: Float32Array,
    take: (products: Float64Array, row: number) => void,
  ): void {
    const features = this.#features;
    this.#wide ??= Float64Array.from(this.basis);
    const count = rows.length / features;
    const centred = new Float64Array(Math.min(count, ROWS_AT_ONCE) * features);
    for (let row = 0; row < count; row += ROWS_AT_ONCE) {
      const height = Math.min(ROWS_AT_ONCE, count - row);
      for (let at = 0, from = row * features; at < height * features;) {
        for (let d = 0; d < features; d++, at++, from++) {
          centred[at] = (rows[from] as number) - (mean[d] as number);
        }
      }
      take(affine(centred, this.#wide, new Float64Array(this.rank), height), row);
    }
  }

  /** The directions dealt out to the sums of {@link combinations}. */
  #split(): readonly Share[] {
    const whole = this.rank - (this.rank % SUMS);
    return Array.from({ length: SUMS }, (_, share) => {
      const which: number[] = [];
      for (let k = share; k < whole; k += SUMS) which.push(k);
      if (share === 0) for (let k = whole; k < this.rank; k++) which.push(k);
      const factor = new Float32Array(this.#features * which.length);
      for (let d = 0; d < this.#features; d++) {
        which.forEach((k, index) => {
          factor[d * which.length + index] = this.basis[d * this.rank + k] as number;
        });
      }
      return { which, factor };
    });
  }

  /** d */
  get #features(): number {
    return this.basis.length / this.rank;
  }
}

/** [d, K] as [K, d]. */
function transpose(matrix: Float32Array, columns: number): Float32Array {
  const rows = matrix.length / columns;
  const result = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = matrix[row * columns + column] as number;
    }
  }
  return result;
}
