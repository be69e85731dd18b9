import { EventEmitter } from 'node:events';
import type { Response } from 'express';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { NetworkQuota } from '../../server/limits/network-quota.js';
import { TokenBuckets } from '../../server/limits/token-buckets.js';
import { setCaller } from '../../server/identity/caller.js';
import { ringOf, testKey } from './identity/test-keys.js';
import { GOOD, testApp } from './test-app.js';

type Headers = Readonly<Record<string, string>>;

describe('TokenBuckets', () => {
  const MINUTE = 60_000;

  it('allows the quota at once, then one at each of its parts of the window', () => {
    let now = 0;
    const buckets = new TokenBuckets({ windowMs: MINUTE, now: () => now });
    for (let left = 5; left >= 0; left--) {
      expect(buckets.take('a', 6)).toMatchObject({ isAllowed: true, remaining: left });
    }
    const refused = { isAllowed: false, remaining: 0, waitSeconds: 10, fullSeconds: 60 };
    expect(buckets.take('a', 6)).toEqual(refused);
    expect(buckets.take('b', 6)).toMatchObject({ isAllowed: true });
    now = 9_999;
    expect(buckets.take('a', 6)).toMatchObject({ isAllowed: false, waitSeconds: 1 });
    now = 10_000;
    expect(buckets.take('a', 6)).toMatchObject({ isAllowed: true, remaining: 0 });
    expect(buckets.take('a', 6).isAllowed).toBe(false);
  });

  it.each([1, 7, 60, 1000])(
    'allows no more than the quota of %i a window, however it is asked',
    (quota) => {
      let now = 0;
      const buckets = new TokenBuckets({ windowMs: MINUTE, now: () => now });
      let allowed = 0;
      const windows = 3;
      for (; now <= windows * MINUTE; now += 37) {
        if (buckets.take('a', quota).isAllowed) allowed++;
      }
      expect(allowed).toBeLessThanOrEqual((windows + 1) * quota);
      const possible = (windows * MINUTE) / 37;
      expect(allowed).toBeGreaterThanOrEqual(Math.min((windows + 1) * quota - 1, possible) - quota);
    },
  );

  it('takes a smaller quota at once', () => {
    const buckets = new TokenBuckets({ windowMs: MINUTE, now: () => 0 });
    buckets.take('a', 100);
    expect(buckets.take('a', 2)).toMatchObject({ isAllowed: true, remaining: 1 });
    expect(buckets.take('a', 2)).toMatchObject({ isAllowed: true, remaining: 0 });
    expect(buckets.take('a', 2).isAllowed).toBe(false);
  });

  it('forgets full buckets, and no others', () => {
    let now = 0;
    const buckets = new TokenBuckets({ windowMs: MINUTE, now: () => now });
    for (let k = 0; k < 2_000; k++) buckets.take(`client ${k}`, 1);
    now = MINUTE / 2;
    buckets.take('late', 1);
    now = MINUTE;
    buckets.take('next', 1);
    expect(buckets.size).toBe(2);
    expect(buckets.take('late', 1).isAllowed).toBe(false);
  });
});

describe('--address-requests-per-minute', () => {
  it('refuses further requests of an address with 429, keys or not, and never probes', async () => {
    const mine = testKey();
    const { app } = testApp({ keys: ringOf(mine), addressRequestsPerMinute: 3 });
    const first = await request(app).get('/v1/flows').set(mine.header).expect(200);
    expect(first.headers['ratelimit-policy']).toBe('"address";q=3;w=60');
    expect(first.headers.ratelimit).toBe('"address";r=2;t=20');
    await request(app).get('/v1/flows').set('Authorization', 'Bearer x').expect(401);
    await request(app).get('/nowhere').set(mine.header).expect(404);
    const refused = await request(app).get('/v1/flows').set(mine.header).expect(429);
    expect(refused.body).toMatchObject({
      code: 'too-many-requests',
      detail: expect.stringMatching(
        /^this address may send 3 requests a minute; ask again in \d+ s$/,
      ) as string,
    });
    // Some of it has been filled meanwhile.
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(20);
    expect(refused.headers.ratelimit).toMatch(/^"address";r=0;t=[4-6]\d$/);
    for (let k = 0; k < 10; k++) await request(app).get('/v2/health/live').expect(200);
  });
});

describe('--key-requests-per-minute', () => {
  it('counts each key by itself, by its own limit if it has one', async () => {
    const [usual, small] = [testKey(), testKey({ requestsPerMinute: 1 })];
    const { app } = testApp({ keys: ringOf(usual, small), keyRequestsPerMinute: 2 });
    const ask = (header: Headers) => request(app).get('/v1/flows').set(header);
    expect((await ask(small.header).expect(200)).headers['ratelimit-policy']).toBe(
      '"key";q=1;w=60',
    );
    await ask(small.header).expect(429);
    await ask(usual.header).expect(200);
    await ask(usual.header).expect(200);
    await ask(usual.header).expect(429);
  });

  it('bounds nobody without keys', async () => {
    const { app } = testApp({ keyRequestsPerMinute: 1 });
    for (let k = 0; k < 3; k++) {
      const { headers } = await request(app).get('/v1/flows').expect(200);
      expect(headers).not.toHaveProperty('ratelimit');
    }
  });
});

describe('outstanding requests', () => {
  it('are counted by key, and workers are told whose they are', async () => {
    const [a, b, small] = [testKey(), testKey(), testKey({ outstanding: 1 })];
    const { app, source } = testApp({ keys: ringOf(a, b, small), clientLimit: 2 });
    source.delayMs = 300;
    const send = (header: Headers) => request(app).post('/v1/networks').set(header).send(GOOD);
    const statuses = async (...headers: readonly Headers[]): Promise<readonly number[]> => {
      const answers = await Promise.all(headers.map((header) => send(header)));
      return answers.map(({ status }) => status).sort();
    };
    expect(await statuses(a.header, a.header, b.header, b.header)).toEqual([200, 200, 200, 200]);
    expect(await statuses(a.header, a.header, a.header)).toEqual([200, 200, 429]);
    expect(await statuses(small.header, small.header)).toEqual([200, 429]);
    expect(new Set(source.clients)).toEqual(new Set([a.id, b.id, small.id]));
  });
});

describe('networks per day', () => {
  const mine = testKey({ networksPerDay: 5 });
  const send = (app: Parameters<typeof request>[0], body: object) =>
    request(app).post('/v1/networks').set(mine.header).send(body);

  it('refuses more with 429, members of ensembles included, until the next day', async () => {
    const { app } = testApp({ keys: ringOf(mine) });
    await send(app, { ...GOOD, count: 2 }).expect(200);
    const third = await send(app, { ...GOOD, ensemble: 2 }).expect(200);
    expect(third.headers['ratelimit-policy']).toBe('"networks";q=5;w=86400');
    expect(third.headers.ratelimit).toMatch(/^"networks";r=1;t=\d+$/);
    const refused = await send(app, { ...GOOD, count: 2 }).expect(429);
    expect(refused.body).toMatchObject({
      code: 'quota-exceeded',
      detail: expect.stringMatching(
        /^this key may generate 5 networks a day, has generated 4 and asks for 2;/,
      ) as string,
    });
    const seconds = Number(refused.headers['retry-after']);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(86_400);
    await send(app, GOOD).expect(200);
    await send(app, GOOD).expect(429);
  });

  it('counts no networks that were not made', async () => {
    const { app, source } = testApp({ keys: ringOf(mine) });
    source.failure = new Error('broken');
    for (let k = 0; k < 8; k++) await send(app, GOOD).expect(500);
    await send(app, { ...GOOD, steps: 1_000 }).expect(422);
    source.failure = undefined;
    await send(app, { ...GOOD, count: 5 }).expect(200);
  });

  it('begins anew with the day of UTC', () => {
    let now = Date.parse('2026-11-27T23:59:50.000Z');
    const quota = new NetworkQuota(() => now);
    const answer = (): Response => {
      const res = Object.assign(new EventEmitter(), {
        getHeader: () => undefined,
        setHeader: () => undefined,
        headersSent: false,
        statusCode: 500,
      }) as unknown as Response;
      setCaller(res, { client: mine.id, owner: mine.id, key: mine.record });
      return res;
    };
    const yesterday = answer();
    quota.take(yesterday, 5);
    expect(() => {
      quota.take(answer(), 1);
    }).toThrow(/again in 10 s$/);
    now += 10_000;
    quota.take(answer(), 5);
    // What fails after midnight was counted before it.
    yesterday.emit('close');
    expect(() => {
      quota.take(answer(), 1);
    }).toThrow(/has generated 5/);
  });
});
