import { afterEach, describe, expect, it, vi } from 'vitest';
import { connect } from 'node:net';
import { listen, post, received, type RawServer } from './raw-http.js';
import { GOOD, testApp } from './test-app.js';

describe('a connection with many requests', () => {
  let raw: RawServer | undefined;

  afterEach(async () => {
    await raw?.close();
    raw = undefined;
  });

  const statuses = (answers: string): readonly string[] =>
    [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status = '']) => status);

  it('gets the answers in order, one job at a time', async () => {
    const { front, source } = testApp({ pipelineLimit: 8 });
    source.delayMs = 20;
    raw = await listen(front);
    const last = 'GET /v2/health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    const answers = await raw.ask(post(GOOD).repeat(5) + last);
    expect(statuses(answers)).toEqual(Array(6).fill('200'));
    expect(source.mostAtOnce).toBe(1);
    expect(source.jobs).toHaveLength(5);
  });

  it('leaves no job behind when it closes, and begins none after', async () => {
    const { front, source, logged } = testApp({ pipelineLimit: 100 });
    source.delayMs = 60_000;
    raw = await listen(front);
    const socket = raw.open();
    socket.write(post(GOOD).repeat(67));
    await vi.waitFor(() => {
      expect(source.signals).toHaveLength(1);
    });
    socket.destroy();
    // Each is logged once, and none as answered.
    await vi.waitFor(() => {
      expect(logged).toHaveLength(67);
    });
    expect(logged.filter(({ fields }) => fields.status === 499)).toHaveLength(67);
    expect(source.signals.map((signal) => signal?.aborted)).toEqual([true]);
  });

  it('leaves no job behind though answers wait behind it', async () => {
    const { front, source } = testApp({ pipelineLimit: 100 });
    source.delayMs = 60_000;
    raw = await listen(front);
    const socket = raw.open();
    socket.write(post(GOOD) + 'GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20));
    await vi.waitFor(() => {
      expect(source.signals).toHaveLength(1);
    });
    socket.destroy();
    await vi.waitFor(() => {
      expect(source.signals[0]?.aborted).toBe(true);
    });
  });

  it('leaves no job behind though a body that nobody reads waits behind it', async () => {
    const { front, source } = testApp();
    source.delayMs = 60_000;
    raw = await listen(front);
    const socket = raw.open();
    // Of a body of 60 kB so much that a connection that is not read would stand still.
    socket.write(
      `${post(GOOD)}POST /v1/networks HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n${' '.repeat(40_000)}`,
    );
    await vi.waitFor(() => {
      expect(source.signals).toHaveLength(1);
    });
    socket.resetAndDestroy();
    await vi.waitFor(() => {
      expect(source.signals[0]?.aborted).toBe(true);
    });
  });

  it.each([
    ['of a great length', `Content-Length: 60000\r\n\r\n${' '.repeat(60_000)}`],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n\r\n'],
  ])('is told to wait with a body %s', async (_what, rest) => {
    const { front, source } = testApp();
    source.delayMs = 50;
    raw = await listen(front);
    const answers = await raw.ask(`${post(GOOD)}POST /v1/networks HTTP/1.1\r\nHost: x\r\n${rest}`);
    expect(statuses(answers)).toEqual(['200', '400']);
    expect(answers).toContain('wait for the answer');
    expect(source.jobs).toHaveLength(1);
  });

  it('is closed when it sends on without waiting', async () => {
    const { front, source } = testApp({ pipelineLimit: 2 });
    source.delayMs = 60_000;
    raw = await listen(front);
    const socket = raw.open();
    const answer = received(socket);
    socket.write(post(GOOD).repeat(1_000));
    expect(await answer).toBe('');
    await vi.waitFor(() => {
      expect(source.signals.map((signal) => signal?.aborted)).toEqual([true]);
    });
  });

  it('is good for many requests one after the other', async () => {
    const { front, source } = testApp({ pipelineLimit: 2 });
    raw = await listen(front);
    const socket = raw.open();
    let text = '';
    socket.on('data', (data: Buffer) => (text += data.toString('latin1')));
    for (let turn = 1; turn <= 30; turn++) {
      socket.write(post(GOOD));
      await vi.waitFor(() => {
        expect(statuses(text)).toHaveLength(turn);
      });
    }
    socket.destroy();
    expect(statuses(text)).toEqual(Array(30).fill('200'));
    expect(source.signals.some((signal) => signal?.aborted)).toBe(false);
  });
});

describe('a client with many connections', () => {
  it('has a bound of its own, and others are served', async () => {
    const { front, source } = testApp({ clientLimit: 2 });
    source.delayMs = 60_000;
    const raw = await listen(front);
    try {
      const first = [raw.open(), raw.open()];
      for (const socket of first) socket.write(post(GOOD));
      await vi.waitFor(() => {
        expect(source.jobs).toHaveLength(2);
      });
      const refused = await raw.ask(post(GOOD, 'Connection: close\r\n'));
      expect(refused).toMatch(/^HTTP\/1\.1 429 /);
      expect(refused).toMatch(/Retry-After: \d/i);
      // Probes are no jobs.
      expect(await raw.ask('GET /v2/health/live HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
      const other = connect({ port: raw.port, host: '127.0.0.1', localAddress: '127.0.0.2' });
      other.on('error', () => undefined).write(post(GOOD));
      await vi.waitFor(() => {
        expect(source.jobs).toHaveLength(3);
      });
      first[0]?.destroy();
      await vi.waitFor(() => {
        expect(source.signals[0]?.aborted).toBe(true);
      });
      raw.open().write(post(GOOD));
      await vi.waitFor(() => {
        expect(source.jobs).toHaveLength(4);
      });
    } finally {
      await raw.close();
    }
  });
});
