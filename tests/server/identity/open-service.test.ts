import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfiguration, type WrittenSettings } from '../../../server/configuration.js';
import { startServer, type RunningServer } from '../../../server/server.js';
import { changeKeyFile } from '../../../src/keys/key-file.js';
import { FakeSource } from '../fake-source.js';
import { testKey } from './test-keys.js';

let folder: string;
let keysFile: string;
let server: RunningServer | undefined;
const events: string[] = [];
const opened: FakeSource[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weightspring-keys-'));
  keysFile = join(folder, 'keys.json');
  events.length = 0;
  opened.length = 0;
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(folder, { recursive: true });
});

async function start(flags: WrittenSettings): Promise<void> {
  server = await startServer(readConfiguration({ port: '0', ...flags }, {}), {
    log: (_level, event) => void events.push(event),
    openSource: () => {
      const source = new FakeSource();
      opened.push(source);
      return Promise.resolve(source);
    },
  });
}

describe('startServer and keys', () => {
  it.each(['0.0.0.0', '::'])('refuses %s without keys if they are required', async (host) => {
    await expect(start({ host, requireKeys: 'true' })).rejects.toMatchObject({
      code: 'invalid-argument',
      field: '--require-keys',
      message: expect.stringContaining('weightspring keys create') as string,
    });
    expect(opened).toEqual([]);
  });

  it.each(['127.0.0.1', 'localhost'])('requires none on %s', async (host) => {
    await start({ host, requireKeys: 'true' });
    expect(events).not.toContain('no-authentication');
  });

  it('listens for all with keys, and does not warn', async () => {
    await changeKeyFile(keysFile, () => [testKey().record]);
    await start({ host: '0.0.0.0', requireKeys: 'true', keysFile });
    expect(events).toContain('keys-loaded');
    expect(events).not.toContain('no-authentication');
    const { port } = new URL(server?.url ?? '');
    expect((await fetch(`http://127.0.0.1:${port}/v1/flows`)).status).toBe(401);
    expect((await fetch(`http://127.0.0.1:${port}/v2/health/ready`)).status).toBe(200);
  });

  it('does not start with a file of keys that is not there', async () => {
    await expect(start({ keysFile })).rejects.toMatchObject({ code: 'not-found' });
    expect(opened).toEqual([]);
  });

  it('reads the keys again on SIGHUP', async () => {
    const mine = testKey();
    await changeKeyFile(keysFile, () => []);
    await start({ keysFile });
    const status = async (): Promise<number> =>
      (await fetch(`${server?.url ?? ''}/v1/flows`, { headers: mine.header })).status;
    expect(await status()).toBe(401);
    await changeKeyFile(keysFile, () => [mine.record]);
    process.emit('SIGHUP');
    // Before the file is looked at.
    await expect.poll(status, { timeout: 900, interval: 5 }).toBe(200);
  });
});
