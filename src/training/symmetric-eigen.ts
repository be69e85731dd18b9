import { PacedWork } from '../pace.js';

export interface Eigenpairs {
  /** Ascending. */
  readonly values: Float64Array;
  /** Unit eigenvectors: that of value k is row k. */
  readonly vectors: readonly Float64Array[];
}

/** Units of work that {@link symmetricEigen} advances by, for a matrix of n rows. */
export function eigenUnits(n: number): number {
  return 3 * n;
}

/**
 * Eigenpairs of a symmetric matrix in float64: Householder's reduction to tridiagonal form, then
 * the QL algorithm with implicit shifts. The rows of `v` are the columns of the matrix that these
 * algorithms are written for, so that inner loops run along memory.
 *
 * @param matrix - [n, n], row-major
 * @param work - pauses after every row: for n = 784 this takes seconds
 * @throws WeightspringError `cancelled`
 * @see EISPACK's `tred2` and `tql2`, as in JAMA; the same operations in the same order
 */
export async function symmetricEigen(
  matrix: Float64Array,
  n: number,
  work: PacedWork = new PacedWork(),
): Promise<Eigenpairs> {
  const v = Array.from({ length: n }, (_, row) => matrix.slice(row * n, (row + 1) * n));
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(n);
  await tridiagonalise(v, diagonal, beside, work);
  await accumulateReflections(v, diagonal, work);
  beside.copyWithin(0, 1);
  beside[n - 1] = 0;
  await diagonalise(v, diagonal, beside, work);
  sortAscending(v, diagonal);
  return { values: diagonal, vectors: v };
}

type Rows = Float64Array[];

/** Leaves the reflections in v, their norms in d, and the elements beside the diagonal in e[1…]. */
async function tridiagonalise(
  v: Rows,
  d: Float64Array,
  e: Float64Array,
  work: PacedWork,
): Promise<void> {
  const n = v.length;
  for (let j = 0; j < n; j++) d[j] = at(row(v, j), n - 1);
  for (let i = n - 1; i > 0; i--) {
    d[i] = reflect(v, d, e, i);
    await work.advance();
  }
  await work.advance();
}

/** Eliminates row i but for its neighbour of the diagonal. @returns the norm of the reflection */
function reflect(v: Rows, d: Float64Array, e: Float64Array, i: number): number {
  let scale = 0;
  for (let k = 0; k < i; k++) scale += Math.abs(at(d, k));
  if (scale === 0) {
    e[i] = at(d, i - 1);
    for (let j = 0; j < i; j++) {
      d[j] = at(row(v, j), i - 1);
      row(v, j)[i] = 0;
      row(v, i)[j] = 0;
    }
    return 0;
  }
  let h = 0;
  for (let k = 0; k < i; k++) {
    d[k] = at(d, k) / scale;
    h += at(d, k) * at(d, k);
  }
  const last = at(d, i - 1);
  const root = last > 0 ? -Math.sqrt(h) : Math.sqrt(h);
  e[i] = scale * root;
  h -= last * root;
  d[i - 1] = last - root;
  e.fill(0, 0, i);
  for (let j = 0; j < i; j++) multiplyRow(row(v, j), d, e, j, i);
  row(v, i).set(d.subarray(0, i));
  let product = 0;
  for (let j = 0; j < i; j++) {
    e[j] = at(e, j) / h;
    product += at(e, j) * at(d, j);
  }
  const half = product / (h + h);
  for (let j = 0; j < i; j++) e[j] = at(e, j) - half * at(d, j);
  for (let j = 0; j < i; j++) {
    const own = row(v, j);
    const [f, g] = [at(d, j), at(e, j)];
    for (let k = j; k < i; k++) own[k] = at(own, k) - (f * at(e, k) + g * at(d, k));
    d[j] = at(own, i - 1);
    own[i] = 0;
  }
  return h;
}

/** Adds row j of a symmetric matrix, of which one triangle is stored, times d to e. */
function multiplyRow(
  own: Float64Array,
  d: Float64Array,
  e: Float64Array,
  j: number,
  end: number,
): void {
  const f = at(d, j);
  let g = at(e, j) + at(own, j) * f;
  for (let k = j + 1; k < end; k++) {
    const value = at(own, k);
    g += value * at(d, k);
    e[k] = at(e, k) + value * f;
  }
  e[j] = g;
}

/** Multiplies the reflections into the rows of v; the diagonal goes to d. */
async function accumulateReflections(v: Rows, d: Float64Array, work: PacedWork): Promise<void> {
  const n = v.length;
  for (let i = 0; i < n - 1; i++) {
    const own = row(v, i);
    const next = row(v, i + 1);
    own[n - 1] = at(own, i);
    own[i] = 1;
    const h = at(d, i + 1);
    if (h !== 0) {
      for (let k = 0; k <= i; k++) d[k] = at(next, k) / h;
      for (let j = 0; j <= i; j++) {
        const other = row(v, j);
        let g = 0;
        for (let k = 0; k <= i; k++) g += at(next, k) * at(other, k);
        for (let k = 0; k <= i; k++) other[k] = at(other, k) - g * at(d, k);
      }
    }
    next.fill(0, 0, i + 1);
    await work.advance();
  }
  for (let j = 0; j < n; j++) {
    d[j] = at(row(v, j), n - 1);
    row(v, j)[n - 1] = 0;
  }
  row(v, n - 1)[n - 1] = 1;
  await work.advance();
}

/** Rotates the elements e beside the diagonal d away, and the rows of v with them. */
async function diagonalise(
  v: Rows,
  d: Float64Array,
  e: Float64Array,
  work: PacedWork,
): Promise<void> {
  let [shift, largest] = [0, 0];
  for (let l = 0; l < v.length; l++) {
    largest = Math.max(largest, Math.abs(at(d, l)) + Math.abs(at(e, l)));
    const small = Number.EPSILON * largest;
    // The last element is 0.
    let m = l;
    while (Math.abs(at(e, m)) > small) m++;
    if (m > l) {
      do {
        shift += sweep(v, d, e, l, m);
        await work.pace();
      } while (Math.abs(at(e, l)) > small);
    }
    d[l] = at(d, l) + shift;
    e[l] = 0;
    await work.advance();
  }
}

/** One sweep of rotations from m up to l. @returns by how much the values left were shifted */
function sweep(v: Rows, d: Float64Array, e: Float64Array, l: number, m: number): number {
  const first = at(d, l);
  const ratio = (at(d, l + 1) - first) / (2 * at(e, l));
  const root = ratio < 0 ? -hypotenuse(ratio, 1) : hypotenuse(ratio, 1);
  d[l] = at(e, l) / (ratio + root);
  d[l + 1] = at(e, l) * (ratio + root);
  const second = at(d, l + 1);
  const shift = first - at(d, l);
  for (let i = l + 2; i < d.length; i++) d[i] = at(d, i) - shift;
  const beside = at(e, l + 1);
  let p = at(d, m);
  let [c, c2, c3] = [1, 1, 1];
  let [s, s2] = [0, 0];
  for (let i = m - 1; i >= l; i--) {
    [c3, c2, s2] = [c2, c, s];
    const g = c * at(e, i);
    const h = c * p;
    const r = hypotenuse(p, at(e, i));
    e[i + 1] = s * r;
    s = at(e, i) / r;
    c = p / r;
    p = c * at(d, i) - s * g;
    d[i + 1] = h + s * (c * g + s * at(d, i));
    rotate(row(v, i), row(v, i + 1), c, s);
  }
  p = (-s * s2 * c3 * beside * at(e, l)) / second;
  e[l] = s * p;
  d[l] = c * p;
  return shift;
}

function rotate(a: Float64Array, b: Float64Array, c: number, s: number): void {
  for (let k = 0; k < a.length; k++) {
    const [x, y] = [at(a, k), at(b, k)];
    b[k] = s * x + c * y;
    a[k] = c * x - s * y;
  }
}

/** By selection: which of equal values comes first is part of the result. */
function sortAscending(v: Rows, d: Float64Array): void {
  for (let i = 0; i < d.length; i++) {
    let smallest = i;
    for (let j = i + 1; j < d.length; j++) if (at(d, j) < at(d, smallest)) smallest = j;
    [d[i], d[smallest]] = [at(d, smallest), at(d, i)];
    [v[i], v[smallest]] = [row(v, smallest), row(v, i)];
  }
}

/** `√(a² + b²)` without overflow; `Math.hypot` may differ between engines. */
function hypotenuse(a: number, b: number): number {
  const [large, small] = Math.abs(a) > Math.abs(b) ? ([a, b] as const) : ([b, a] as const);
  if (large === 0) return 0;
  const ratio = small / large;
  return Math.abs(large) * Math.sqrt(1 + ratio * ratio);
}

function row(v: Rows, index: number): Float64Array {
  return v[index] as Float64Array;
}

function at(values: Float64Array, index: number): number {
  return values[index] as number;
}
