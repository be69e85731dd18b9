import { ensure } from '../errors.js';

/** Largest magnitude of a cost: sums of n costs must stay finite. */
const MAX_COST = 1e300;

export interface AssignmentOptions {
  /** Find the largest total instead of the smallest. Default false. */
  readonly maximize?: boolean;
}

/**
 * Solves the linear assignment problem: the permutation p of 0 … n − 1 with the smallest
 * `Σ_i cost[i, p(i)]`.
 *
 * @param cost - `[n, n]`, row-major
 * @returns for each row its column
 * @throws WeightspringError `shape-mismatch` when the matrix is not square, `invalid-argument` when
 * a cost is NaN, infinite or beyond 1e300
 *
 * @example
 * solveAssignment(Float64Array.of(4, 1, 2, 3)); // Int32Array [1, 0]
 */
export function solveAssignment(cost: Float64Array, options: AssignmentOptions = {}): Int32Array {
  const n = Math.round(Math.sqrt(cost.length));
  ensure(
    n * n === cost.length,
    'shape-mismatch',
    () => `expected a square cost matrix, got ${String(cost.length)} numbers`,
  );
  return new AssignmentSolver(n).solve(cost, n, options).slice();
}

/**
 * The algorithm of {@link solveAssignment} with reusable working memory, for many problems.
 *
 * Shortest augmenting paths with dual potentials after an initial column reduction, O(n³). Duals u
 * and v keep every reduced cost `c_ij − u_i − v_j ≥ 0` and those of assigned pairs at 0. Ties go to
 * the first candidate in a fixed order, so equal input gives equal output.
 *
 * @see Jonker & Volgenant 1987, "A shortest augmenting path algorithm for dense and sparse linear
 * assignment problems"
 */
export class AssignmentSolver {
  readonly #columnOfRow: Int32Array;
  readonly #rowOfColumn: Int32Array;
  readonly #rowDual: Float64Array;
  readonly #columnDual: Float64Array;
  /** Length of the shortest path found to a column, and the row before the column on that path. */
  readonly #distance: Float64Array;
  readonly #predecessor: Int32Array;
  /** The columns: those of the shortest-path tree first, then those not yet reached. */
  readonly #columns: Int32Array;

  /** @param capacity - largest n that will be solved */
  constructor(readonly capacity: number) {
    this.#columnOfRow = new Int32Array(capacity);
    this.#rowOfColumn = new Int32Array(capacity);
    this.#rowDual = new Float64Array(capacity);
    this.#columnDual = new Float64Array(capacity);
    this.#distance = new Float64Array(capacity);
    this.#predecessor = new Int32Array(capacity);
    this.#columns = new Int32Array(capacity);
  }

  /**
   * @param cost - the first n² numbers are the matrix, row-major
   * @returns for each row its column; the array is overwritten by the next call
   * @throws WeightspringError as {@link solveAssignment}
   */
  solve(cost: Float64Array, n: number, options: AssignmentOptions = {}): Int32Array {
    ensure(
      n <= this.capacity && n * n <= cost.length,
      'shape-mismatch',
      () =>
        `expected a matrix of at most ${String(this.capacity)} rows in n² numbers, ` +
        `got n = ${String(n)} and ${String(cost.length)} numbers`,
    );
    checkCosts(cost, n);
    const sign = options.maximize === true ? -1 : 1;
    this.#reduceColumns(cost, n, sign);
    for (let row = 0; row < n; row++) {
      if (this.#columnOfRow[row] === -1) this.#augment(cost, n, sign, row);
    }
    return this.#columnOfRow.subarray(0, n);
  }

  /** Starts with v_j = min_i c_ij, u = 0 and assigns pairs whose reduced cost is then 0. */
  #reduceColumns(cost: Float64Array, n: number, sign: number): void {
    const nearestRow = this.#predecessor;
    const columnDual = this.#columnDual.fill(Infinity, 0, n);
    this.#rowDual.fill(0, 0, n);
    this.#columnOfRow.fill(-1, 0, n);
    this.#rowOfColumn.fill(-1, 0, n);
    for (let row = 0; row < n; row++) {
      for (let column = 0; column < n; column++) {
        const value = sign * (cost[row * n + column] as number);
        if (value < (columnDual[column] as number)) {
          columnDual[column] = value;
          nearestRow[column] = row;
        }
      }
    }
    for (let column = 0; column < n; column++) {
      const row = nearestRow[column] as number;
      if (this.#columnOfRow[row] === -1) {
        this.#columnOfRow[row] = column;
        this.#rowOfColumn[column] = row;
      }
    }
  }

  /** Assigns a free row along a shortest alternating path (Dijkstra) to a free column. */
  #augment(cost: Float64Array, n: number, sign: number, freeRow: number): void {
    const columns = this.#columns;
    const distance = this.#distance.fill(Infinity, 0, n);
    const predecessor = this.#predecessor;
    const columnDual = this.#columnDual;
    const rowOfColumn = this.#rowOfColumn;
    for (let column = 0; column < n; column++) columns[column] = column;
    let reached = 0;
    let row = freeRow;
    let shortest = 0;
    for (;;) {
      const base = shortest - (this.#rowDual[row] as number);
      let nearest = Infinity;
      let nearestAt = reached;
      for (let at = reached; at < n; at++) {
        const column = columns[at] as number;
        const length =
          base + sign * (cost[row * n + column] as number) - (columnDual[column] as number);
        let best = distance[column] as number;
        if (length < best) {
          distance[column] = best = length;
          predecessor[column] = row;
        }
        // Among equally near columns a free one is preferred: it ends the search.
        if (best < nearest || (best === nearest && rowOfColumn[column] === -1)) {
          nearest = best;
          nearestAt = at;
        }
      }
      const column = columns[nearestAt] as number;
      columns[nearestAt] = columns[reached] as number;
      columns[reached] = column;
      shortest = nearest;
      row = rowOfColumn[column] as number;
      if (row === -1) {
        this.#updateDuals(freeRow, reached, shortest);
        this.#flipPath(freeRow, column);
        return;
      }
      reached++;
    }
  }

  /** Keeps reduced costs ≥ 0 and those on the tree at 0: the tree's columns precede `reached`. */
  #updateDuals(freeRow: number, reached: number, shortest: number): void {
    this.#rowDual[freeRow] = (this.#rowDual[freeRow] as number) + shortest;
    for (let at = 0; at < reached; at++) {
      const column = this.#columns[at] as number;
      const row = this.#rowOfColumn[column] as number;
      const slack = shortest - (this.#distance[column] as number);
      this.#columnDual[column] = (this.#columnDual[column] as number) - slack;
      this.#rowDual[row] = (this.#rowDual[row] as number) + slack;
    }
  }

  #flipPath(freeRow: number, freeColumn: number): void {
    let column = freeColumn;
    for (;;) {
      const row = this.#predecessor[column] as number;
      this.#rowOfColumn[column] = row;
      const next = this.#columnOfRow[row] as number;
      this.#columnOfRow[row] = column;
      if (row === freeRow) return;
      column = next;
    }
  }
}

function checkCosts(cost: Float64Array, n: number): void {
  for (let i = 0; i < n * n; i++) {
    const value = cost[i] as number;
    // Written so that NaN fails, too; `ensure` would make a closure per element.
    if (!(Math.abs(value) <= MAX_COST)) {
      ensure(
        false,
        'invalid-argument',
        () =>
          `expected finite costs up to 1e300 in magnitude, got ${String(value)} ` +
          `in row ${String(Math.floor(i / n))}, column ${String(i % n)}`,
      );
    }
  }
}
