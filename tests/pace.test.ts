import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createPace, PacedWork } from '../src/pace.js';

/** Blocks the event loop. */
function compute(durationMs: number): void {
  const end = performance.now() + durationMs;
  while (performance.now() < end);
}

describe('a pace', () => {
  it('lets the event loop turn between long pieces, and not between short ones', async () => {
    let turns = 0;
    const stopped = new AbortController();
    const counting = (async () => {
      for (;;) {
        await nextTurn();
        turns++;
        if (stopped.signal.aborted) return;
      }
    })();
    const pace = createPace();
    for (let k = 0; k < 1000; k++) await pace();
    const afterShort = turns;
    for (let k = 0; k < 5; k++) {
      compute(50);
      await pace();
    }
    stopped.abort();
    await counting;
    expect(afterShort).toBeLessThan(10);
    expect(turns - afterShort).toBeGreaterThanOrEqual(5);
  });

  it('stops at the next pause once it is told to', async () => {
    const stop = new AbortController();
    const pace = createPace(stop.signal);
    await pace();
    stop.abort();
    await expect(pace()).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('hears of a timer within a computation', async () => {
    const stop = new AbortController();
    setTimeout(() => {
      stop.abort();
    }, 20);
    const work = new PacedWork(1000, { signal: stop.signal });
    const computing = (async () => {
      for (let k = 0; k < 1000; k++) {
        compute(10);
        await work.advance();
      }
    })();
    await expect(computing).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('PacedWork', () => {
  it('tells how many of its units are done', async () => {
    const told: [number, number][] = [];
    const work = new PacedWork(7, { onProgress: (done, total) => told.push([done, total]) });
    await work.advance();
    await work.advance(4);
    expect(told).toEqual([
      [1, 7],
      [5, 7],
    ]);
  });
});
