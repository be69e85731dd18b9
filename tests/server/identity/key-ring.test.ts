import { describe, expect, it } from 'vitest';
import { KeyRing } from '../../../server/identity/key-ring.js';
import { newApiKey } from '../../../src/keys/api-key.js';
import { ringOf, testKey } from './test-keys.js';

describe('KeyRing.check', () => {
  it('knows a key, until it is replaced', () => {
    const [mine, other] = [testKey(), testKey()];
    const ring = ringOf(mine, other);
    expect(ring.check(mine.key)).toEqual({ record: mine.record });
    ring.replace([other.record]);
    expect(ring.check(mine.key)).toEqual({ fault: 'unknown' });
    expect(ring.check(other.key)).toEqual({ record: other.record });
  });

  it('lets none of 1,000 wrong keys in, with a known id or not', () => {
    const { key, id } = testKey();
    const ring = ringOf(testKey(), testKey());
    ring.replace([testKey({ id }).record]);
    const guesses = Array.from({ length: 1000 }, (_, k) =>
      k % 2 === 0 ? newApiKey().key : `wspring_${id}_${newApiKey().key.slice(-64)}`,
    );
    for (const guess of [key, ...guesses]) expect(ring.check(guess)).toEqual({ fault: 'unknown' });
  });

  it('refuses every key that differs in one character', () => {
    const mine = testKey();
    const ring = ringOf(mine);
    for (let at = 0; at < mine.key.length; at++) {
      const other = mine.key[at] === '0' ? '1' : '0';
      const changed = mine.key.slice(0, at) + other + mine.key.slice(at + 1);
      expect(ring.check(changed)).toHaveProperty('fault');
    }
  });

  it('tells what is wrong with a key only to those who have it', () => {
    const ms = Date.parse('2026-12-01T00:00:00.000Z');
    const expired = testKey({ expires: '2026-12-01T00:00:00.000Z' });
    const revoked = testKey({ revoked: '2026-11-30T00:00:00.000Z' });
    let now = ms - 1;
    const ring = new KeyRing(() => now);
    ring.replace([expired.record, revoked.record]);
    expect(ring.valid).toBe(1);
    expect(ring.check(expired.key)).toEqual({ record: expired.record });
    now = ms;
    expect(ring.valid).toBe(0);
    expect(ring.check(expired.key)).toEqual({ fault: 'expired', record: expired.record });
    expect(ring.check(revoked.key)).toEqual({ fault: 'revoked', record: revoked.record });
    const wrong = `wspring_${revoked.id}_${newApiKey().key.slice(-64)}`;
    expect(ring.check(wrong)).toEqual({ fault: 'unknown' });
  });

  it.each(['', 'wspring_', '\u0000', 'ü'.repeat(8_000), '__proto__', 'constructor'])(
    'refuses %j',
    (text) => {
      expect(ringOf(testKey()).check(text)).toEqual({ fault: 'malformed' });
    },
  );
});
