import { describe, expect, it } from 'vitest';
import {
  errorCount,
  errorSet,
  errorSetBytes,
  intersectionOverUnion,
} from '../../src/zoo/error-set.js';

/** The set of the given rows out of 20. */
function rows(...wrong: readonly number[]): Uint8Array {
  const labels = new Uint8Array(20);
  return errorSet(
    labels.map((_, row) => (wrong.includes(row) ? 1 : 0)),
    labels,
  );
}

describe('error sets', () => {
  it('hold one bit per row', () => {
    expect(errorSetBytes(16)).toBe(2);
    expect(errorSetBytes(17)).toBe(3);
    expect([...rows(0, 9, 19)]).toEqual([1, 2, 8]);
    expect(errorCount(rows(0, 9, 19))).toBe(3);
  });

  it('overlap by intersection over union, two empty ones fully', () => {
    expect(intersectionOverUnion(rows(1, 2, 3), rows(2, 3, 17))).toBe(0.5);
    expect(intersectionOverUnion(rows(1), rows(2))).toBe(0);
    expect(intersectionOverUnion(rows(4, 18), rows(4, 18))).toBe(1);
    expect(intersectionOverUnion(rows(), rows())).toBe(1);
    expect(intersectionOverUnion(rows(), rows(5))).toBe(0);
  });
});
