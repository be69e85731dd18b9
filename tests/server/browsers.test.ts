import request from 'supertest';
import { afterEach, describe, expect, it } from 'vitest';
import { readConfiguration } from '../../server/configuration.js';
import { ringOf, testKey } from './identity/test-keys.js';
import { listen, type RawServer } from './raw-http.js';
import { GOOD, testApp } from './test-app.js';

const mine = testKey();
const SAFE = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
};

describe('security headers', () => {
  let server: RawServer | undefined;
  afterEach(() => server?.close());

  it('are on every answer', async () => {
    const { app } = testApp({ keys: ringOf(mine) });
    const answers = [
      await request(app).get('/v2/health/live').expect(200),
      await request(app).get('/v1/flows').expect(401),
      await request(app).get('/nowhere').set(mine.header).expect(404),
      await request(app).post('/v1/networks').set(mine.header).send(GOOD).expect(200),
      await request(app).get('/v1/flows/%ff').set(mine.header).expect(400),
    ];
    for (const { headers } of answers) {
      expect(headers).toMatchObject(SAFE);
      expect(headers).not.toHaveProperty('x-powered-by');
      // The proxy that has the certificate says so for its domain.
      expect(headers).not.toHaveProperty('strict-transport-security');
    }
  });

  it('are on answers to what is no HTTP', async () => {
    server = await listen(testApp().front);
    const answer = await server.ask('this is no HTTP\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('\r\nX-Content-Type-Options: nosniff\r\n');
    expect(answer).toContain("\r\nContent-Security-Policy: default-src 'none'");
    expect(answer).toContain('\r\nCache-Control: no-store\r\n');
    expect(answer).toMatch(/\r\nContent-Length: (\d+)\r\n\r\n\{/);
  });
});

describe('--cors-origin', () => {
  const ORIGIN = 'https://example.org';
  const preflight = {
    Origin: ORIGIN,
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'authorization,content-type',
  };

  it('is off', async () => {
    const { app } = testApp({ keys: ringOf(mine) });
    const { headers } = await request(app).get('/v1/flows').set(mine.header).set('Origin', ORIGIN);
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    await request(app).options('/v1/networks').set(preflight).expect(401);
  });

  it('lets pages of its origins ask first without a key, then with one', async () => {
    const { app } = testApp({ keys: ringOf(mine), corsOrigin: [ORIGIN, 'https://example.com'] });
    const allowed = await request(app).options('/v1/networks').set(preflight).expect(204);
    expect(allowed.headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-allow-methods': 'GET,HEAD,POST,DELETE',
    });
    expect(allowed.headers).not.toHaveProperty('access-control-allow-credentials');
    const send = request(app).post('/v1/networks').set('Origin', ORIGIN);
    const { headers } = await send.set(mine.header).send(GOOD).expect(200);
    expect(headers['access-control-allow-origin']).toBe(ORIGIN);
    expect(headers['access-control-expose-headers']).toMatch(/Location.*Weightspring-Seed/);
    expect(headers.vary).toMatch(/Origin.*Accept/);
    // A page may read why it was refused.
    const refused = await request(app).get('/v1/flows').set('Origin', ORIGIN).expect(401);
    expect(refused.headers['access-control-allow-origin']).toBe(ORIGIN);
  });

  it.each(['https://example.net', 'http://example.org', 'https://example.org.evil.net', 'null'])(
    'does not let pages of %s',
    async (origin) => {
      const { app } = testApp({ corsOrigin: [ORIGIN] });
      const { headers } = await request(app).get('/v1/flows').set('Origin', origin);
      expect(headers).not.toHaveProperty('access-control-allow-origin');
    },
  );

  it('lets all pages with *', async () => {
    const { app } = testApp({ corsOrigin: ['*'] });
    const { headers } = await request(app).get('/v1/flows').set('Origin', ORIGIN);
    expect(headers['access-control-allow-origin']).toBe('*');
  });

  it('takes origins and nothing else', () => {
    const read = (corsOrigin: string) => readConfiguration({ corsOrigin }, {}).corsOrigin;
    expect(read('https://a.example, http://localhost:8000')).toEqual([
      ...['https://a.example', 'http://localhost:8000'],
    ]);
    expect(read('*')).toEqual(['*']);
    for (const bad of [
      '',
      'example.org',
      'https://a.example/',
      'https://a.example/x',
      'a,',
      'null',
    ]) {
      expect(() => read(bad)).toThrow(/^--cors-origin: expected \* or origins/);
    }
    expect(readConfiguration({}, {}).corsOrigin).toEqual([]);
  });
});
