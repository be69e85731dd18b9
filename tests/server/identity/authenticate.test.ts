import request from 'supertest';
import { afterEach, describe, expect, it } from 'vitest';
import { newApiKey } from '../../../src/keys/api-key.js';
import { listen, post, type RawServer } from '../raw-http.js';
import { GOOD, testApp } from '../test-app.js';
import { ringOf, testKey } from './test-keys.js';

const ROUTES = [
  ['post', '/v1/networks'],
  ['get', `/v1/networks/${'a'.repeat(64)}`],
  ['get', '/v1/flows'],
  ['head', '/v1/flows'],
  ['get', '/v1/flows/wdbc'],
  ['post', '/v1/flows/reload'],
  ['get', '/metrics'],
  ['get', '/openapi.json'],
  ['get', '/nowhere'],
  ['put', '/v1/flows'],
  ['options', '/v1/networks'],
  ['get', '/V1/Flows/'],
  ['get', '//v1/flows'],
  ['get', '/v2/health/live/../../v1/flows'],
] as const;

describe('a service with keys', () => {
  it.each(ROUTES)('asks for one: %s %s', async (method, path) => {
    const { app, source } = testApp({ keys: ringOf(testKey()) });
    const response = await request(app)[method](path).expect(401);
    expect(response.headers['www-authenticate']).toBe('Bearer realm="weightspring"');
    expect(response.headers['content-type']).toBe('application/problem+json');
    if (method !== 'head') {
      expect(response.body).toMatchObject({ code: 'unauthenticated', status: 401 });
    }
    expect(source.jobs).toEqual([]);
  });

  it.each(['/v2/health/live', '/v2/health/ready'])(
    'answers probes without one: %s',
    async (path) => {
      const { app } = testApp({ keys: ringOf(testKey()) });
      await request(app).get(path).expect(200);
      await request(app).get(path).set('Authorization', 'Bearer wrong').expect(200);
    },
  );

  it('lets a key in for what its scopes say, and for reading', async () => {
    const admin = testKey({ scopes: ['admin'] });
    const generate = testKey({ scopes: ['generate'] });
    const { app } = testApp({ keys: ringOf(admin, generate) });
    for (const { header } of [admin, generate]) {
      await request(app).get('/v1/flows').set(header).expect(200);
      await request(app).get('/v1/flows/wdbc').set(header).expect(200);
      await request(app).get('/openapi.json').set(header).expect(200);
    }
    const made = request(app).post('/v1/networks').set(generate.header).send(GOOD);
    await made.expect(200);
    await request(app).post('/v1/flows/reload').set(admin.header).expect(200);
    await request(app).get('/metrics').set(admin.header).expect(200);

    const refused = await request(app)
      .post('/v1/networks')
      .set(admin.header)
      .send(GOOD)
      .expect(403);
    expect(refused.headers['www-authenticate']).toBe(
      'Bearer realm="weightspring", error="insufficient_scope", scope="generate"',
    );
    expect(refused.body).toMatchObject({
      code: 'insufficient-scope',
      detail: `this takes a key for generate; key ${admin.id} is for admin`,
    });
    await request(app).post('/v1/flows/reload').set(generate.header).expect(403);
    await request(app).get('/metrics').set(generate.header).expect(403);
    await request(app).head('/metrics').set(generate.header).expect(403);
  });

  it('says of a key that it has expired or was revoked', async () => {
    const expired = testKey({ expires: '2026-01-01T00:00:00.000Z' });
    const revoked = testKey({ revoked: '2026-01-01T00:00:00.000Z' });
    const { app } = testApp({ keys: ringOf(expired, revoked) });
    const details = ['the key has expired', 'the key was revoked'];
    for (const [k, { header }] of [expired, revoked].entries()) {
      const response = await request(app).get('/v1/flows').set(header).expect(401);
      expect(response.body).toMatchObject({ detail: details[k] });
      expect(response.headers['www-authenticate']).toContain('error="invalid_token"');
    }
  });

  it('logs and counts wrong keys without the keys, and requests with the id of theirs', async () => {
    const mine = testKey({ scopes: ['admin'] });
    const { app, logged } = testApp({ keys: ringOf(mine) });
    const wrong = newApiKey().key;
    await request(app).get('/v1/flows').set('Authorization', `Bearer ${wrong}`).expect(401);
    await request(app).get('/v1/flows').set('Authorization', 'Bearer x').expect(401);
    const { text } = await request(app).get('/metrics').set(mine.header).expect(200);
    expect(text).toContain('weightspring_keys_refused_total{fault="unknown"} 1');
    expect(text).toContain('weightspring_keys_refused_total{fault="malformed"} 1');
    const refused = logged.filter(({ event }) => event === 'key-refused');
    expect(refused).toMatchObject([
      { level: 'warn', fields: { fault: 'unknown', client: expect.any(String) as string } },
      { level: 'warn', fields: { fault: 'malformed' } },
    ]);
    const requests = logged.filter(({ event }) => event === 'request');
    expect(requests.map(({ fields }) => fields.key)).toEqual([undefined, undefined, mine.id]);
    const secrets = [wrong.slice(-64), mine.key.slice(-64)];
    for (const secret of secrets) expect(JSON.stringify(logged)).not.toContain(secret);
  });

  it('lets none of 1,000 wrong keys in', async () => {
    const mine = testKey();
    const { app, source } = testApp({ keys: ringOf(mine) });
    const agent = request.agent(app);
    for (let k = 0; k < 1_000; k++) {
      const { key } = newApiKey();
      const guess = k % 2 === 0 ? key : `wspring_${mine.id}_${key.slice(-64)}`;
      const { status } = await agent.post('/v1/networks').set('Authorization', `Bearer ${guess}`);
      expect(status).toBe(401);
    }
    expect(source.jobs).toEqual([]);
  });
});

describe('Authorization headers', () => {
  let server: RawServer;
  afterEach(() => server.close());

  const mine = testKey();
  const ask = async (headers: string): Promise<string> => {
    const { front } = testApp({ keys: ringOf(mine) });
    server = await listen(front);
    return server.ask(`GET /v1/flows HTTP/1.1\r\nHost: x\r\n${headers}Connection: close\r\n\r\n`);
  };

  it.each<[string, string, number, string]>([
    ['a key', `Authorization: Bearer ${mine.key}\r\n`, 200, ''],
    ['the scheme in other letters', `AUTHORIZATION: bEARER   ${mine.key}  \r\n`, 200, ''],
    ['none', '', 401, 'got none'],
    ['an empty one', 'Authorization:\r\n', 401, 'got another scheme or no key'],
    ['the scheme alone', 'Authorization: Bearer\r\n', 401, 'got another scheme or no key'],
    ['the key alone', `Authorization: ${mine.key}\r\n`, 401, 'got another scheme or no key'],
    ['Basic', `Authorization: Basic ${btoa(`a:${mine.key}`)}\r\n`, 401, 'got another scheme'],
    ['Digest', 'Authorization: Digest username="a"\r\n', 401, 'got another scheme'],
    ['half a key', `Authorization: Bearer ${mine.key.slice(0, 40)}\r\n`, 401, 'got 40'],
    ['a key and more', `Authorization: Bearer ${mine.key} x\r\n`, 401, 'got 87'],
    ['two keys', `Authorization: Bearer ${mine.key},${mine.key}\r\n`, 401, 'this is no key'],
    ['no ASCII', 'Authorization: Bearer \xfc\xe9\xff\r\n', 401, 'this is no key'],
    ['8 kB', `Authorization: Bearer ${'a'.repeat(8_000)}\r\n`, 401, 'got 8000'],
    ['megabytes', `Authorization: Bearer ${'a'.repeat(4_000_000)}\r\n`, 431, 'headers-too-large'],
    ['a control character', 'Authorization: Bearer a\x00b\r\n', 400, 'malformed-request'],
    [
      'one twice',
      `Authorization: Bearer ${mine.key}\r\nauthorization: Bearer ${mine.key}\r\n`,
      400,
      'expected one Authorization header, got 2',
    ],
    [
      'a wrong one before the right one',
      `Authorization: Bearer x\r\nAuthorization: Bearer ${mine.key}\r\n`,
      400,
      'got 2',
    ],
    ['one for a proxy', `Proxy-Authorization: Bearer ${mine.key}\r\n`, 401, 'got none'],
    ['one in a cookie', `Cookie: Authorization=${mine.key}\r\n`, 401, 'got none'],
  ])('%s', async (_, headers, status, detail) => {
    const answer = await ask(headers);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain(detail);
    if (status === 401) expect(answer).toContain('WWW-Authenticate: Bearer realm="weightspring"');
    expect(answer).not.toContain(mine.key.slice(-30));
  });

  it('reads each of several requests on one connection by its own header', async () => {
    const { front, source } = testApp({ keys: ringOf(mine) });
    server = await listen(front);
    const key = `Authorization: Bearer ${mine.key}\r\n`;
    const answer = await server.ask(
      post(GOOD, key) + post(GOOD) + post(GOOD, `${key}Connection: close\r\n`),
    );
    const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses).toEqual(['200', '401', '200']);
    expect(source.jobs).toHaveLength(2);
  });
});
