import { once } from 'node:events';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readConfiguration } from '../../server/configuration.js';
import { listen, type RawServer } from './raw-http.js';
import { testApp } from './test-app.js';

const GET = 'GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n';

let raw: RawServer | undefined;

afterEach(async () => {
  await raw?.close();
  raw = undefined;
});

describe('connections', () => {
  it('are kept for longer than load balancers keep theirs', async () => {
    raw = await listen(testApp().front, readConfiguration({}, {}));
    const socket = raw.open();
    socket.write(GET);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    const seconds = /^Keep-Alive: timeout=(\d+)/im.exec(answer.toString())?.[1];
    expect(Number(seconds)).toBeGreaterThan(60);
  });

  it('are bounded; those beyond are closed and counted', async () => {
    raw = await listen(testApp().front, { maxConnections: 2 });
    // Neither is idle: each has begun a request.
    const held = [raw.open(), raw.open()];
    for (const socket of held) socket.write(GET.slice(0, 20));
    const { server } = raw;
    await vi.waitFor(async () => {
      expect(await promisify(server.getConnections.bind(server))()).toBe(2);
    });
    expect(await raw.ask(GET)).toBe('');
    held[0]?.destroy();
    await vi.waitFor(async () => {
      const metrics = await raw!.ask('GET /metrics HTTP/1.0\r\n\r\n');
      expect(metrics).toMatch(/^weightspring_http_connections_dropped_total [1-9]/m);
    });
  });

  it('of one client are bounded: silent ones make room, others do not', async () => {
    raw = await listen(testApp().front, { clientConnections: 2 });
    const { server } = raw;
    const openConnections = () => promisify(server.getConnections.bind(server))();
    const silent = raw.open();
    const closed = once(silent, 'close');
    const begun = raw.open();
    begun.write(GET.slice(0, 20));
    await vi.waitFor(async () => {
      expect(await openConnections()).toBe(2);
    });
    const third = raw.open();
    third.write(GET.slice(0, 20));
    await closed;
    await vi.waitFor(async () => {
      expect(await openConnections()).toBe(2);
    });
    expect(await raw.ask(GET)).toBe('');
    begun.destroy();
    await vi.waitFor(async () => {
      const metrics = await raw!.ask('GET /metrics HTTP/1.0\r\n\r\n');
      expect(metrics).toMatch(/^weightspring_http_connections_dropped_total [2-9]/m);
    });
  });

  it('that are idle make room for new ones', async () => {
    raw = await listen(testApp().front, { maxConnections: 1 });
    const idle = raw.open();
    idle.write(GET);
    await once(idle, 'data');
    await vi.waitFor(async () => {
      expect(await raw!.ask(GET.replace('Host', 'Connection: close\r\nHost'))).toContain('200 OK');
    });
  });
});
