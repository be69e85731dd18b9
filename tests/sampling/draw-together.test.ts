import { describe, expect, it } from 'vitest';
import {
  drawTogether,
  type BatchMember,
  type Draw,
  type Drawn,
  type DrawTile,
} from '../../src/sampling/draw-together.js';

const member = (seed: number, count: number, signal?: AbortSignal): BatchMember => ({
  seed,
  firstIndex: 10 * seed,
  count,
  signal,
});

/** Notes the tiles; a network's weights are its seed and its index. */
function recorder(fail: (draws: readonly Draw[]) => boolean = () => false) {
  const tiles: (readonly number[])[] = [];
  const drawTile: DrawTile = (draws) => {
    tiles.push(draws.map(({ index }) => index));
    if (fail(draws)) return Promise.reject(new Error(`tile of ${draws.length} failed`));
    return Promise.resolve(draws.map(({ seed, index }) => Float32Array.of(seed, index)));
  };
  return { tiles, drawTile };
}

async function all(drawn: AsyncIterable<Drawn>): Promise<readonly [number, unknown][]> {
  const results: [number, unknown][] = [];
  for await (const own of drawn) {
    const outcome = 'error' in own ? own.error : own.weights.map(([, index]) => index);
    results.push([own.member, outcome]);
  }
  return results;
}

describe('drawTogether', () => {
  it('fills tiles across members and hands out each as soon as it is complete', async () => {
    const { tiles, drawTile } = recorder();
    const members = [member(1, 2), member(2, 5), member(3, 1)];
    const log: unknown[] = [];
    for await (const own of drawTogether(members, 3, drawTile))
      log.push([own.member, tiles.length]);
    expect(tiles).toEqual([
      [10, 11, 20],
      [21, 22, 23],
      [24, 30],
    ]);
    expect(log).toEqual([
      [0, 1],
      [1, 3],
      [2, 3],
    ]);
  });

  it('gives each member its own networks, in order', async () => {
    const { drawTile } = recorder();
    expect(await all(drawTogether([member(1, 3), member(2, 2)], 2, drawTile))).toEqual([
      [0, [10, 11, 12]],
      [1, [20, 21]],
    ]);
  });

  it('draws the members of a tile that failed one by one', async () => {
    const { tiles, drawTile } = recorder((draws) => draws.some(({ seed }) => seed === 2));
    const members = [member(1, 1), member(2, 1), member(3, 1), member(4, 1)];
    const results = await all(drawTogether(members, 3, drawTile));
    expect(results).toEqual([
      [0, [10]],
      [1, new Error('tile of 1 failed')],
      [2, [30]],
      [3, [40]],
    ]);
    expect(tiles).toEqual([[10, 20, 30], [10], [20], [30], [40]]);
  });

  it('fails a member alone without another attempt', async () => {
    const { tiles, drawTile } = recorder(() => true);
    expect(await all(drawTogether([member(1, 5)], 2, drawTile))).toEqual([
      [0, new Error('tile of 2 failed')],
    ]);
    expect(tiles).toHaveLength(1);
  });

  it('leaves out a member that is cancelled, before or between tiles', async () => {
    const [early, late] = [new AbortController(), new AbortController()];
    early.abort();
    const { tiles, drawTile } = recorder();
    const members = [member(1, 1, early.signal), member(2, 4, late.signal), member(3, 2)];
    const abortingTile: DrawTile = (draws, isCancelled) => {
      late.abort();
      return drawTile(draws, isCancelled);
    };
    const results = await all(drawTogether(members, 2, abortingTile));
    expect(tiles).toEqual([
      [20, 21],
      [30, 31],
    ]);
    expect(results).toMatchObject([
      [0, { code: 'cancelled' }],
      [1, { code: 'cancelled' }],
      [2, [30, 31]],
    ]);
  });

  it('gives up a tile once nobody waits for it', async () => {
    const clients = [new AbortController(), new AbortController()];
    const asked: boolean[] = [];
    const drawTile: DrawTile = (_draws, isCancelled) => {
      for (const client of clients) {
        asked.push(isCancelled());
        client.abort();
      }
      asked.push(isCancelled());
      return Promise.reject(new Error('given up'));
    };
    const members = clients.map(({ signal }, k) => member(k + 1, 1, signal));
    const results = await all(drawTogether(members, 8, drawTile));
    expect(asked).toEqual([false, false, true]);
    expect(results).toMatchObject([
      [0, { code: 'cancelled' }],
      [1, { code: 'cancelled' }],
    ]);
  });
});
