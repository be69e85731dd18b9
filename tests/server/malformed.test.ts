import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listen, type RawServer } from './raw-http.js';
import { testApp, type TestApp } from './test-app.js';

let raw: RawServer;
let test: TestApp;

beforeEach(async () => {
  test = testApp();
  raw = await listen(test.front);
});

afterEach(() => raw.close());

function expectProblem(answer: string, status: number): void {
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(answer).toMatch(/\r\ncontent-type: application\/problem\+json\r\n/i);
  const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
  expect(JSON.parse(body)).toMatchObject({ status, type: expect.any(String) as string });
}

describe('what HTTP does not allow', () => {
  const close = 'Host: x\r\nConnection: close\r\n\r\n';

  it.each<[string, string, number]>([
    ['nonsense', 'nonsense\r\n\r\n', 400],
    ['an unknown method', `BREW / HTTP/1.1\r\n${close}`, 400],
    ['an unknown version', `GET / HTTP/7.1\r\n${close}`, 400],
    ['a header without a colon', `GET / HTTP/1.1\r\nnonsense\r\n${close}`, 400],
    ['two lengths', `POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n${close}`, 400],
    [
      'a length and chunks',
      `POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n${close}`,
      400,
    ],
    [
      'a chunk without a length',
      `POST /v1/networks HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n${close}x`,
      400,
    ],
    ['a malformed address', `GET http://%%% HTTP/1.1\r\n${close}`, 400],
    ['an address without a host', `GET http:// HTTP/1.1\r\n${close}`, 400],
    ['an address with a bad port', `GET http://x:99999/ HTTP/1.1\r\n${close}`, 400],
    ['an address of another protocol', `GET ftp://x/v2/health/live HTTP/1.1\r\n${close}`, 400],
    ['no Host', 'GET /v2/health/live HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['two Hosts', `GET /v2/health/live HTTP/1.1\r\nHost: y\r\n${close}`, 400],
    ['an expectation', `GET /v2/health/live HTTP/1.1\r\nExpect: tea\r\n${close}`, 417],
    ['a long head', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n${close}`, 431],
    ['a badly encoded path', `GET /v1/flows/%E0%A4%A HTTP/1.1\r\n${close}`, 400],
    ['a long path', `GET /${'x'.repeat(12_000)} HTTP/1.1\r\n${close}`, 404],
    ['a connection to elsewhere', `CONNECT x:80 HTTP/1.1\r\n${close}`, 400],
    ['no path', `OPTIONS * HTTP/1.1\r\n${close}`, 404],
  ])('is answered with a problem document, logged and counted: %s', async (_name, text, status) => {
    const { logged } = test;
    expectProblem(await raw.ask(text), status);
    await vi.waitFor(() => {
      expect(logged).toHaveLength(1);
    });
    expect(logged[0]?.fields.status).toBe(status);
    const metrics = await raw.ask('GET /metrics HTTP/1.0\r\n\r\n');
    const counts = metrics.match(/weightspring_http_requests_total{.*} \d+/g) ?? [];
    expect(counts).toHaveLength(1);
    expect(counts[0]).toMatch(new RegExp(`status="${status}"} 1$`));
  });

  it('does not end the service with connections to elsewhere that are reset', async () => {
    for (let round = 0; round < 10; round++) {
      const sockets = Array.from({ length: 50 }, () => raw.open());
      for (const socket of sockets) {
        socket.write(`CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n${'y'.repeat(1_000)}`, () =>
          socket.resetAndDestroy(),
        );
      }
      await Promise.all(sockets.map((socket) => once(socket, 'close')));
    }
    expect(await raw.ask(`GET /v2/health/live HTTP/1.1\r\n${close}`)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('is not a whole address as target', async () => {
    const answer = await raw.ask(`GET http://x:80/v1/flows/wdbc?y=1 HTTP/1.1\r\n${close}`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(test.logged[0]?.fields).toMatchObject({ status: 200 });
  });

  it('answers HTTP/1.0, which knows no Host', async () => {
    expect(await raw.ask('GET /v2/health/live HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });
});
