import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listen, post, received, type RawServer } from './raw-http.js';
import { GOOD, testApp } from './test-app.js';

const MIB = 2 ** 20;
const close = 'Connection: close\r\n';

let raw: RawServer | undefined;

afterEach(async () => {
  await raw?.close();
  raw = undefined;
});

/** Memory of outstanding answers, as the service tells it. */
async function answerBytes({ ask }: RawServer): Promise<number> {
  const metrics = await ask('GET /metrics HTTP/1.0\r\n\r\n');
  return Number(/^weightspring_answer_bytes (\d+)$/m.exec(metrics)?.[1]);
}

/** Sends a request and reads nothing. */
function askUnread({ open }: RawServer, text: string): Socket {
  return open()
    .pause()
    .on('connect', function (this: Socket) {
      this.write(text);
    });
}

describe('a client that does not read', () => {
  it('loses its connection, and the memory of its answer is free', async () => {
    const { front, source, logged } = testApp({ writeTimeoutMs: 200, maxAnswerBytes: 64 * MIB });
    source.padding = 48 * MIB; // more than the kernel takes off
    raw = await listen(front);
    askUnread(raw, post(GOOD));
    await vi.waitFor(
      () => {
        expect(logged).toContainEqual(
          expect.objectContaining({
            event: 'request',
            fields: expect.objectContaining({ status: 499, clientGone: true }) as unknown,
          }),
        );
      },
      { timeout: 10_000 },
    );
    expect(await answerBytes(raw)).toBe(0);
  });

  it('reads late, and gets all of it, as long as it goes on', async () => {
    const { front, source } = testApp({ writeTimeoutMs: 5_000, maxAnswerBytes: 64 * MIB });
    source.padding = 24 * MIB;
    raw = await listen(front);
    const socket = askUnread(raw, post(GOOD, close));
    // What the answer has turned out to take, not what was reserved.
    await vi.waitFor(async () => {
      expect(await answerBytes(raw!)).toBeGreaterThan(24 * MIB);
    });
    const answer = received(socket);
    socket.resume();
    const [head = '', ...body] = (await answer).split('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    expect(length).toBeGreaterThan(24 * MIB);
    expect(body.join('\r\n\r\n')).toHaveLength(length);
  });

  it('leaves no room for more of its kind until it has read', async () => {
    // Room for one answer: its weights and what else it may take.
    const { front, source } = testApp({ maxAnswerBytes: 20_000 });
    source.delayMs = 60_000;
    raw = await listen(front);
    const first = askUnread(raw, post(GOOD));
    await vi.waitFor(() => {
      expect(source.jobs).toHaveLength(1);
    });
    expect(await answerBytes(raw)).toBeGreaterThan(10_000);
    const refused = await raw.ask(post({ ...GOOD, seed: 8 }, close));
    expect(refused).toMatch(/^HTTP\/1\.1 503 [^]*"code":"overloaded"/);
    expect(refused).toMatch(/Retry-After: 1/i);
    first.destroy();
    await vi.waitFor(async () => {
      expect(await answerBytes(raw!)).toBe(0);
    });
    source.delayMs = 0;
    expect(await raw.ask(post(GOOD, close))).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('shares the memory of a kept file with others, and holds it no longer than they', async () => {
    const { front, source } = testApp({ maxAnswerBytes: 64 * MIB, maxKeptBytes: 64 * MIB });
    source.padding = 24 * MIB;
    raw = await listen(front);
    const made = await raw.ask(post(GOOD, close));
    const place = /^Location: (\S+)$/im.exec(made)?.[1] ?? 'none';
    const get = `GET ${place} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const readers = [1, 2, 3, 4, 5].map(() => askUnread(raw!, get));
    await Promise.all(readers.map((reader) => once(reader, 'connect')));
    await vi.waitFor(async () => {
      expect(await answerBytes(raw!)).toBeGreaterThan(24 * MIB);
    });
    expect(await answerBytes(raw)).toBeLessThan(25 * MIB);
    for (const reader of readers) reader.destroy();
    await vi.waitFor(async () => {
      expect(await answerBytes(raw!)).toBe(0);
    });
  });
});
