import type { InferenceSession } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { SessionCache } from '../../src/sampling/session-cache.js';

/** Makes sessions that only note when they are made and released. */
class Factory {
  readonly made: string[] = [];
  readonly released: string[] = [];

  create(key: string): () => Promise<InferenceSession> {
    return () => {
      this.made.push(key);
      const session = {
        release: () => {
          this.released.push(key);
          return Promise.resolve();
        },
      };
      return Promise.resolve(session as unknown as InferenceSession);
    };
  }
}

const nothing = (): Promise<void> => Promise.resolve();

describe('SessionCache', () => {
  it('makes one session per key, also for uses at the same time', async () => {
    const cache = new SessionCache(2);
    const factory = new Factory();
    const seen = await Promise.all(
      ['a', 'a', 'b', 'a'].map((key) =>
        cache.with(key, factory.create(key), (session) => Promise.resolve(session)),
      ),
    );
    expect(factory.made).toEqual(['a', 'b']);
    expect(seen[1]).toBe(seen[0]);
    expect(seen[3]).toBe(seen[0]);
    expect(factory.released).toEqual([]);
  });

  it('releases the least recently used one beyond its capacity', async () => {
    const cache = new SessionCache(2);
    const factory = new Factory();
    for (const key of ['a', 'b', 'a', 'c', 'd']) {
      await cache.with(key, factory.create(key), nothing);
      expect(cache.size).toBeLessThanOrEqual(2);
    }
    expect(factory.made).toEqual(['a', 'b', 'c', 'd']);
    expect(factory.released).toEqual(['b', 'a']);
  });

  it('never releases a session in use', async () => {
    const cache = new SessionCache(1);
    const factory = new Factory();
    const { promise: busy, resolve: finish } = deferred();
    const long = cache.with('a', factory.create('a'), () => busy);
    await cache.with('b', factory.create('b'), nothing);
    expect(factory.released).toEqual(['b']);
    finish();
    await long;
    expect(factory.released).toEqual(['b']);
    await cache.with('c', factory.create('c'), nothing);
    expect(factory.released).toEqual(['b', 'a']);
  });

  it('does not keep a session that could not be made', async () => {
    const cache = new SessionCache(2);
    const factory = new Factory();
    const failing = (): Promise<InferenceSession> => Promise.reject(new Error('no memory'));
    const both = await Promise.allSettled([
      cache.with('a', failing, nothing),
      cache.with('a', failing, nothing),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(cache.size).toBe(0);
    await cache.with('a', factory.create('a'), nothing);
    expect(factory.made).toEqual(['a']);
  });

  it('keeps a session whose use failed', async () => {
    const cache = new SessionCache(2);
    const factory = new Factory();
    const use = (): Promise<void> => Promise.reject(new Error('cancelled'));
    await expect(cache.with('a', factory.create('a'), use)).rejects.toThrow('cancelled');
    await cache.with('a', factory.create('a'), nothing);
    expect(factory.made).toEqual(['a']);
  });

  it('releases everything when it is cleared', async () => {
    const cache = new SessionCache(3);
    const factory = new Factory();
    for (const key of ['a', 'b']) await cache.with(key, factory.create(key), nothing);
    await cache.clear();
    expect(factory.released).toEqual(['a', 'b']);
    expect(cache.size).toBe(0);
  });
});

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
