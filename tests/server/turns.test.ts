import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Turns } from '../../server/turns.js';

describe('Turns', () => {
  it('begins what was taken in order, a bounded number in each turn of the event loop', async () => {
    const turns = new Turns();
    const begun: number[] = [];
    for (let index = 0; index < 100; index++) turns.take(() => begun.push(index));
    expect(begun).toEqual([]);
    const perTurn: number[] = [];
    while (begun.length < 100) {
      const before = begun.length;
      await nextTurn();
      perTurn.push(begun.length - before);
    }
    expect(Math.max(...perTurn)).toBeLessThan(40);
    expect(begun).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });

  it('takes more from what it begins', async () => {
    const turns = new Turns();
    const begun: string[] = [];
    turns.take(() => {
      begun.push('first');
      turns.take(() => begun.push('second'));
    });
    while (begun.length < 2) await nextTurn();
    expect(begun).toEqual(['first', 'second']);
  });
});
