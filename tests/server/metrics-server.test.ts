import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { readConfiguration } from '../../server/configuration.js';
import { startServer, type RunningServer } from '../../server/server.js';
import { FakeSource } from './fake-source.js';

let server: RunningServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function freePort(): Promise<number> {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  taken.close();
  await once(taken, 'close');
  return port;
}

async function start(metricsPort: number): Promise<RunningServer> {
  const flags = { port: '0', metricsPort: String(metricsPort) };
  return startServer(readConfiguration(flags, {}), {
    log: () => undefined,
    openSource: () => Promise.resolve(new FakeSource()),
  });
}

describe('--metrics-port', () => {
  it('has the metrics and nothing else, which the other port has', async () => {
    const port = await freePort();
    server = await start(port);
    const at = (path: string): string => `http://127.0.0.1:${port}${path}`;
    await fetch(`${server.url}/v1/flows`);
    const metrics = await fetch(at('/metrics'));
    expect(metrics.status).toBe(200);
    expect(await metrics.text()).toContain('route="/v1/flows",status="200"} 1');
    expect((await fetch(at('/v1/flows'))).status).toBe(404);
    expect((await fetch(`${server.url}/metrics`)).status).toBe(404);
    await server.close();
    await expect(fetch(at('/metrics'))).rejects.toThrow();
  });

  it('is named where another process has it', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    await expect(start(port)).rejects.toMatchObject({
      field: '--metrics-port',
      message: expect.stringContaining('choose another with --metrics-port') as string,
    });
    taken.close();
  });
});
