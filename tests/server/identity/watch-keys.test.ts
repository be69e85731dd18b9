import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watchKeys, type WatchedKeys } from '../../../server/identity/watch-keys.js';
import { changeKeyFile } from '../../../src/keys/key-file.js';
import { testKey } from './test-keys.js';

const mine = testKey();
const PATIENCE = { timeout: 20_000, interval: 50 };

let folder: string;
let file: string;
let watched: WatchedKeys | undefined;
const events: string[] = [];
const log = (_level: string, event: string): void => void events.push(event);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weightspring-keys-'));
  file = join(folder, 'keys.json');
  events.length = 0;
});
afterEach(async () => {
  watched?.close();
  watched = undefined;
  await rm(folder, { recursive: true });
});

function letsIn(): boolean {
  return watched !== undefined && !('fault' in watched.ring.check(mine.key));
}

describe('watchKeys', () => {
  it('fails where the file is missing or bad', async () => {
    await expect(watchKeys(file, log)).rejects.toMatchObject({ code: 'not-found' });
    await writeFile(file, 'no keys');
    await expect(watchKeys(file, log)).rejects.toMatchObject({ code: 'data-corrupt' });
  });

  it('takes a key that another process makes, and refuses one that it revokes', async () => {
    await changeKeyFile(file, () => []);
    watched = await watchKeys(file, log);
    expect(events).toEqual(['keys-loaded', 'no-keys']);
    expect(letsIn()).toBe(false);
    await changeKeyFile(file, () => [mine.record]);
    await expect.poll(letsIn, PATIENCE).toBe(true);
    const revoked = '2026-11-27T12:00:00.000Z';
    await changeKeyFile(file, () => [{ ...mine.record, revoked }]);
    await expect.poll(letsIn, PATIENCE).toBe(false);
  });

  it('follows a link that is set to another file, as Kubernetes mounts secrets', async () => {
    await changeKeyFile(join(folder, 'one'), () => []);
    await changeKeyFile(join(folder, 'two'), () => [mine.record]);
    await symlink('one', file);
    watched = await watchKeys(file, log);
    await symlink('two', join(folder, 'next'));
    await rename(join(folder, 'next'), file);
    await expect.poll(letsIn, PATIENCE).toBe(true);
  });

  it('keeps the keys it has where the file is gone or bad, and says so', async () => {
    await changeKeyFile(file, () => [mine.record]);
    watched = await watchKeys(file, log);
    await rm(file);
    await watched.reload();
    expect(letsIn()).toBe(true);
    await writeFile(file, '{"version":1,"keys":[', { mode: 0o600 });
    await watched.reload();
    expect(letsIn()).toBe(true);
    expect(events.filter((event) => event === 'keys-unreadable').length).toBeGreaterThanOrEqual(2);
    await changeKeyFile(join(folder, 'good'), () => []);
    await rename(join(folder, 'good'), file);
    await watched.reload();
    expect(letsIn()).toBe(false);
  });
});
