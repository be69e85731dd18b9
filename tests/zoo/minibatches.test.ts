import { describe, expect, it } from 'vitest';
import { Random } from '../../src/random.js';
import { Minibatches } from '../../src/zoo/minibatches.js';

/** Ten rows of features (10·row, 10·row + 1) and label row mod 3, of which the even ones train. */
const data = {
  features: Float32Array.from({ length: 20 }, (_, i) => 10 * Math.floor(i / 2) + (i % 2)),
  labels: Uint8Array.from({ length: 10 }, (_, row) => row % 3),
  rows: Int32Array.of(0, 2, 4, 6, 8),
  width: 2,
  classes: 3,
};

const rowsOf = (x: Float32Array): number[] =>
  Array.from({ length: x.length / 2 }, (_, i) => {
    expect(x[2 * i + 1]).toBe(x[2 * i]! + 1);
    return x[2 * i]! / 10;
  });

describe('Minibatches', () => {
  it('gives every network each training row at most once an epoch, in its own order', () => {
    const batches = new Minibatches(data, [new Random(1), new Random(2)], 2);
    expect(batches.stepsPerEpoch).toBe(2);
    const [first, second] = [new Set<number>(), new Set<number>()];
    const orders: number[][] = [[], []];
    for (let step = 0; step < 2; step++) {
      const [x, targets] = batches.next();
      expect(x.shape).toEqual([2, 2, 2]);
      expect(targets.shape).toEqual([2, 2, 3]);
      const rows = rowsOf(x.data);
      rows.slice(0, 2).forEach((row) => first.add(row));
      rows.slice(2).forEach((row) => second.add(row));
      orders[0]!.push(...rows.slice(0, 2));
      orders[1]!.push(...rows.slice(2));
      rows.forEach((row, place) => {
        const oneHot = [...targets.data.subarray(3 * place, 3 * place + 3)];
        expect(oneHot).toEqual([0, 1, 2].map((c) => (c === row % 3 ? 1 : 0)));
      });
    }
    for (const set of [first, second]) {
      expect(set.size).toBe(4);
      expect([...set].every((row) => data.rows.includes(row))).toBe(true);
    }
    expect(orders[0]).not.toEqual(orders[1]);
  });

  it('leaves out other rows in other epochs', () => {
    const batches = new Minibatches(data, [new Random(3)], 2);
    const seen = new Set<number>();
    for (let step = 0; step < 40; step++)
      rowsOf(batches.next()[0].data).forEach((r) => seen.add(r));
    expect([...seen].sort()).toEqual([0, 2, 4, 6, 8]);
  });

  it('skips to where another one has come', async () => {
    const create = (): Minibatches => new Minibatches(data, [new Random(1), new Random(2)], 2);
    for (let steps = 0; steps <= 7; steps++) {
      const [whole, skipping] = [create(), create()];
      for (let step = 0; step < steps; step++) whole.next();
      await skipping.skip(steps, () => Promise.resolve());
      for (let step = 0; step < 5; step++) {
        expect(skipping.next()).toEqual(structuredClone(whole.next()));
      }
    }
  });

  it('takes all rows at once when there are fewer than a batch', () => {
    const batches = new Minibatches(data, [new Random(3)], 64);
    expect(batches.batchSize).toBe(5);
    expect(rowsOf(batches.next()[0].data).sort()).toEqual([0, 2, 4, 6, 8]);
  });
});
