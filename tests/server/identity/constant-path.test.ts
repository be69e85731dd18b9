import * as crypto from 'node:crypto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyRing } from '../../../server/identity/key-ring.js';
import { newApiKey } from '../../../src/keys/api-key.js';
import { testKey } from './test-keys.js';

vi.mock('node:crypto', async (original) => {
  const real = await original<typeof crypto>();
  return {
    ...real,
    createHash: vi.fn(real.createHash),
    timingSafeEqual: vi.fn(real.timingSafeEqual),
  };
});

const known = testKey();
const expired = testKey({ expires: '2026-01-01T00:00:00.000Z' });
const ring = new KeyRing();
ring.replace([known.record, expired.record]);

describe('KeyRing.check', () => {
  beforeEach(() => {
    vi.mocked(crypto.createHash).mockClear();
    vi.mocked(crypto.timingSafeEqual).mockClear();
  });

  it.each([
    ['the key', known.key],
    ['a wrong key of its id', `wspring_${known.id}_${newApiKey().key.slice(-64)}`],
    ['a key of no id', newApiKey().key],
    ['an expired key', expired.key],
    ['half a key', known.key.slice(0, 40)],
    ['nothing', ''],
  ])('hashes once and compares 32 bytes once for %s', (_, key) => {
    ring.check(key);
    expect(crypto.createHash).toHaveBeenCalledTimes(1);
    expect(crypto.timingSafeEqual).toHaveBeenCalledTimes(1);
    const [[left, right] = []] = vi.mocked(crypto.timingSafeEqual).mock.calls;
    expect([left?.byteLength, right?.byteLength]).toEqual([32, 32]);
  });
});
