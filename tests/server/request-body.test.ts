import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listen, post, received, type RawServer } from './raw-http.js';
import { GOOD, testApp } from './test-app.js';

const HEAD = 'POST /v1/networks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
const MIB = 2 ** 20;

let raw: RawServer | undefined;

afterEach(async () => {
  await raw?.close();
  raw = undefined;
});

function chunk(piece: Buffer): Buffer {
  const length = Buffer.from(`${piece.byteLength.toString(16)}\r\n`);
  return Buffer.concat([length, piece, Buffer.from('\r\n')]);
}

/** Memory in use once the garbage is gone. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('a body in small chunks', () => {
  it('takes the memory of its bytes', async () => {
    const { front } = testApp({ maxBodyBytes: 16 * MIB });
    raw = await listen(front);
    const accepted = once(raw.server, 'connection') as Promise<[{ bytesRead: number }]>;
    const socket = raw.open();
    socket.write(CHUNKED);
    const [server] = await accepted;
    const before = memoryInUse();
    const piece = Buffer.from(`14\r\n${' '.repeat(20)}\r\n`.repeat(10_000));
    const pieces = 10;
    for (let sent = 0; sent < pieces; sent++) socket.write(piece);
    await vi.waitFor(
      () => {
        expect(server.bytesRead).toBe(CHUNKED.length + pieces * piece.byteLength);
      },
      { timeout: 20_000 },
    );
    // Two megabytes of body; a buffer for each of the 100,000 chunks would take ten times as much.
    expect(memoryInUse() - before).toBeLessThan(6 * MIB);
  });

  it('is refused, and not read on, where it is nothing but small chunks', async () => {
    const { front } = testApp({ maxBodyBytes: 16 * MIB });
    raw = await listen(front);
    const accepted = once(raw.server, 'connection') as Promise<[{ bytesRead: number }]>;
    const socket = raw.open();
    const answer = received(socket);
    socket.write(CHUNKED);
    const piece = Buffer.from('1\r\n \r\n'.repeat(10_000));
    for (let sent = 0; sent < 500 && !socket.destroyed; sent++) {
      await new Promise((resolve) => socket.write(piece, resolve));
    }
    expect(await answer).toMatch(/^HTTP\/1\.1 400 [^]*chunks that are too small/);
    expect((await accepted)[0].bytesRead).toBeLessThan(MIB);
  });

  it('is read as any other', async () => {
    const { front, source } = testApp();
    raw = await listen(front);
    const bytes = [...Buffer.from(JSON.stringify(GOOD))].map((byte) => chunk(Buffer.of(byte)));
    const text = Buffer.concat([...bytes, Buffer.from('0\r\n\r\n')]).toString('latin1');
    const head = CHUNKED.replace('Host: x', 'Host: x\r\nConnection: close');
    expect(await raw.ask(head + text)).toMatch(/^HTTP\/1\.1 200 /);
    expect(source.jobs[0]).toMatchObject({ flow: GOOD.flow, seed: GOOD.seed });
  });
});

describe('a body that is too large', () => {
  const LENGTH = 500_000;

  it.each([
    ['of known length', `${HEAD}Content-Length: ${LENGTH}\r\n\r\n`, Buffer.alloc(LENGTH, ' ')],
    [
      'in chunks',
      CHUNKED,
      Buffer.concat([chunk(Buffer.alloc(150_000, ' ')), Buffer.from('0\r\n\r\n')]),
    ],
  ])('%s is answered, and the connection lives on', async (_name, head, body) => {
    const { front } = testApp();
    raw = await listen(front);
    const socket = raw.open();
    const answers = received(socket);
    // All of it before a look at the answer: many clients do.
    socket.write(head);
    socket.write(body);
    socket.write('GET /v2/health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(await answers).toMatch(
      /^HTTP\/1.1 413 [^]*"field":"body"[^]*HTTP\/1.1 200 OK[^]*{"live":true}$/,
    );
  });

  it.each([
    ['of known length', `${HEAD}Content-Length: ${1_000 * MIB}\r\n\r\n`],
    ['in chunks', CHUNKED],
    // Nobody reads the body of a request that needs none.
    ['of a request without use for it', CHUNKED.replace('POST /v1/networks', 'GET /v1/flows')],
  ])('%s is answered, and not taken for ever', async (_name, head) => {
    const { front } = testApp();
    raw = await listen(front);
    const accepted = once(raw.server, 'connection') as Promise<[{ bytesRead: number }]>;
    const socket = raw.open();
    const answer = received(socket);
    socket.write(head);
    const piece = head.includes('chunked') ? chunk(Buffer.alloc(MIB)) : Buffer.alloc(MIB);
    for (let sent = 0; sent < 1_000 && !socket.destroyed; sent++) {
      await new Promise((resolve) => socket.write(piece, resolve));
    }
    expect(socket.destroyed).toBe(true);
    expect(await answer).toMatch(/^HTTP\/1\.1 (413|200) [^]*\r\n\r\n{/);
    expect((await accepted)[0].bytesRead).toBeLessThan(300 * MIB);
  });

  it('is refused before it is sent', async () => {
    const { front } = testApp();
    raw = await listen(front);
    const socket = raw.open();
    socket.write(`${HEAD}Content-Length: ${1_000 * MIB}\r\n\r\n{`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 413 /);
  });
});

describe('a request that does not arrive', () => {
  it.each([
    ['with half a head', 'POST /v1/networks HTTP/1.1\r\nHost: x\r\n'],
    ['with half a body', post(GOOD).slice(0, -5)],
  ])('%s is answered 408, logged and counted once', async (_name, text) => {
    const { front, logged } = testApp();
    raw = await listen(front, { requestTimeoutMs: 200 });
    const answer = await raw.ask(text);
    expect(answer).toMatch(/^HTTP\/1\.1 408 [^]*application\/problem\+json/);
    expect(answer).toContain('"code":"request-timeout"');
    await vi.waitFor(() => {
      expect(logged).toHaveLength(1);
    });
    expect(logged[0]?.fields.status).toBe(408);
    const metrics = await raw.ask('GET /metrics HTTP/1.0\r\n\r\n');
    expect(metrics).toMatch(/weightspring_http_requests_total{.*status="408"} 1\n/);
    expect(metrics).not.toContain('status="499"');
  });

  it('ends a connection that sends nothing, without a word', async () => {
    const { front, logged } = testApp();
    raw = await listen(front, { requestTimeoutMs: 200 });
    expect(await raw.ask('')).toBe('');
    expect(logged).toEqual([]);
  });
});
