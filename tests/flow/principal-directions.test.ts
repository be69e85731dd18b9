import { describe, expect, it } from 'vitest';
import { PrincipalDirections } from '../../src/flow/principal-directions.js';
import { Random } from '../../src/random.js';

const SHAPES = [
  [6, 1, 3],
  [7, 3, 5],
  [9, 6, 1],
  [40, 11, 10],
] as const;

/** `Σ a_i b_i` in order, over some of the i. */
function dot(which: readonly number[], a: (i: number) => number, b: (i: number) => number): number {
  return which.reduce((sum, i) => sum + a(i) * b(i), 0);
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

// Flows that are stored decode to the same bytes for ever: not only the values count.
describe.each(SHAPES)('products with directions of %i features, %i of them', (d, rank, n) => {
  const random = new Random(d, 'directions');
  const basis = random.normals(d * rank);
  const directions = new PrincipalDirections(basis, rank);
  const normals = (count: number): Float64Array => Float64Array.from(random.normals(count));

  it('sums over the features in order', () => {
    const w = normals(d * n);
    const expected = upTo(rank * n).map((i) => {
      const [k, j] = [Math.floor(i / n), i % n];
      return dot(
        upTo(d),
        (row) => w[row * n + j]!,
        (row) => basis[row * rank + k]!,
      );
    });
    expect([...directions.coordinates(w)]).toEqual(expected);
  });

  it('sums over the directions in four sums, time and again', () => {
    const whole = rank - (rank % 4);
    for (const columns of [n, 1, n + 2]) {
      const w = normals(rank * columns);
      const expected = upTo(d * columns).map((i) => {
        const [row, j] = [Math.floor(i / columns), i % columns];
        const [first, second, third, fourth] = [0, 1, 2, 3].map((share) =>
          dot(
            upTo(rank).filter((k) => (k < whole ? k % 4 === share : share === 0)),
            (k) => w[k * columns + j]!,
            (k) => basis[row * rank + k]!,
          ),
        ) as [number, number, number, number];
        return first + second + third + fourth;
      });
      expect([...directions.combinations(w)]).toEqual(expected);
    }
  });

  it('centres rows, however many, and sums over the features in order', () => {
    const mean = random.normals(d);
    const rows = random.normals(600 * d);
    const actual = new Float64Array(600 * rank);
    directions.project(rows, mean, (products, row) => {
      actual.set(products, row * rank);
    });
    const expected = upTo(600 * rank).map((i) => {
      const [row, k] = [Math.floor(i / rank), i % rank];
      return dot(
        upTo(d),
        (at) => rows[row * d + at]! - mean[at]!,
        (at) => basis[at * rank + k]!,
      );
    });
    expect([...actual]).toEqual(expected);
  });
});
