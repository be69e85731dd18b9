import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { PacedWork } from '../../src/pace.js';
import { Random } from '../../src/random.js';
import { eigenUnits, symmetricEigen } from '../../src/training/symmetric-eigen.js';

/** A random symmetric matrix whose first rows and columns are zero, as those of constant features. */
function symmetric(n: number, zeros = 0, seed = 1): Float64Array {
  const values = Float64Array.from(new Random(seed, 'matrix').normals(n * n));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      if (j < zeros) values[i * n + j] = 0;
      values[j * n + i] = values[i * n + j]!;
    }
  }
  return values;
}

describe('symmetricEigen', () => {
  it.each([
    [1, 0],
    [2, 0],
    [3, 1],
    [17, 0],
    [40, 12],
    [40, 40],
  ])('answers for %i rows, %i of them zero, what ml-matrix does, to the bit', async (n, zeros) => {
    const matrix = symmetric(n, zeros);
    const expected = new EigenvalueDecomposition(Matrix.from1DArray(n, n, matrix), {
      assumeSymmetric: true,
    });
    const { values, vectors } = await symmetricEigen(matrix, n);
    expect(Array.from(values)).toEqual(expected.realEigenvalues);
    vectors.forEach((vector, k) => {
      expect(Array.from(vector)).toEqual(expected.eigenvectorMatrix.getColumn(k));
    });
  });

  it('finds equal eigenvalues and their orthonormal vectors', async () => {
    const n = 6;
    const identity = Float64Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0));
    const { values, vectors } = await symmetricEigen(identity, n);
    expect(Array.from(values)).toEqual(Array.from({ length: n }, () => 1));
    vectors.forEach((vector, k) => {
      expect(Array.from(vector, Math.abs).sort()).toEqual([0, 0, 0, 0, 0, 1]);
      vectors.slice(0, k).forEach((other) => {
        expect(other.reduce((sum, value, d) => sum + value * vector[d]!, 0)).toBe(0);
      });
    });
  });

  it('says how far it is, and stops when it is told to', async () => {
    const n = 9;
    const seen: number[] = [];
    const stop = new AbortController();
    const onProgress = (done: number): void => {
      seen.push(done);
    };
    await symmetricEigen(symmetric(n), n, new PacedWork(eigenUnits(n), { onProgress }));
    expect(seen).toEqual(Array.from({ length: eigenUnits(n) }, (_, index) => index + 1));
    const work = new PacedWork(eigenUnits(n), {
      signal: stop.signal,
      onProgress: (done) => {
        if (done === 12) stop.abort();
      },
    });
    await expect(symmetricEigen(symmetric(n), n, work)).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});
