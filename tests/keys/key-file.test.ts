import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apiKeyDigest, apiKeyId, newApiKey } from '../../src/keys/api-key.js';
import { changeKeyFile, readKeyFile } from '../../src/keys/key-file.js';
import { keyState, type KeyRecord } from '../../src/keys/key-record.js';

let folder: string;
const at = (name = 'keys.json'): string => join(folder, name);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weightspring-keys-'));
});
afterEach(() => rm(folder, { recursive: true }));

function record(changes: Partial<KeyRecord> = {}): KeyRecord {
  const { id, key } = newApiKey();
  const sha256 = apiKeyDigest(key).toString('hex');
  const created = '2026-11-27T12:00:00.000Z';
  return { id, name: 'a', sha256, scopes: ['generate'], created, ...changes };
}

describe('newApiKey', () => {
  it('makes a key with its id in it, and never the same', () => {
    const made = Array.from({ length: 100 }, newApiKey);
    for (const { id, key } of made) {
      expect(key).toMatch(/^wspring_[0-9a-f]{12}_[0-9a-f]{64}$/);
      expect(apiKeyId(key)).toBe(id);
    }
    expect(new Set(made.map(({ key }) => key.slice(-64))).size).toBe(100);
  });

  it.each(['', 'wspring_', 'x'])('has no id in %j or around it', (text) => {
    const { key } = newApiKey();
    expect(apiKeyId(text)).toBeUndefined();
    for (const changed of [`${key}0`, `${key}\n`, key.slice(0, -1), ` ${key}`, key.toUpperCase()]) {
      expect(apiKeyId(changed)).toBeUndefined();
    }
  });
});

describe('keyState', () => {
  const expires = '2026-11-27T12:00:00.000Z';
  const ms = Date.parse(expires);

  it('expires at its time, and is revoked whatever the time', () => {
    expect(keyState({ expires }, ms - 1)).toBe('valid');
    expect(keyState({ expires }, ms)).toBe('expired');
    expect(keyState({ expires, revoked: expires }, ms - 1)).toBe('revoked');
    expect(keyState({}, ms)).toBe('valid');
  });
});

describe('changeKeyFile', () => {
  it('makes a file that only its owner reads, and nothing lies beside it but the lock', async () => {
    const keys = [record(), record({ networksPerDay: 5, expires: '2027-01-01T00:00:00.000Z' })];
    await changeKeyFile(at(), () => keys);
    expect(await readKeyFile(at())).toEqual(keys);
    expect((await stat(at())).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['keys.json', 'keys.json.lock']);
  });

  it('keeps the mode and the link of a file that is there', async () => {
    await changeKeyFile(at('real'), () => []);
    await chmod(at('real'), 0o640);
    await symlink('real', at());
    const keys = [record()];
    await changeKeyFile(at(), () => keys);
    expect(await readKeyFile(at('real'))).toEqual(keys);
    expect((await stat(at())).mode & 0o777).toBe(0o640);
  });

  it('loses no key where many are made at once', async () => {
    const keys = Array.from({ length: 12 }, () => record());
    await Promise.all(keys.map((key) => changeKeyFile(at(), (before) => [...before, key])));
    const ids = (await readKeyFile(at())).map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set(keys.map(({ id }) => id)));
  });

  it('leaves the file as it is where the change fails, and can be called again', async () => {
    await changeKeyFile(at(), () => []);
    const before = await readFile(at(), 'utf8');
    const failing = changeKeyFile(at(), () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await readFile(at(), 'utf8')).toBe(before);
    await changeKeyFile(at(), () => [record()]);
  });
});

describe('readKeyFile', () => {
  it('says how to make one where there is none', async () => {
    await expect(readKeyFile(at())).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('make one with weightspring keys create') as string,
    });
  });

  it('refuses a file that anybody may write', async () => {
    await changeKeyFile(at(), () => []);
    await chmod(at(), 0o666);
    await expect(readKeyFile(at())).rejects.toMatchObject({ code: 'data-corrupt' });
    await chmod(at(), 0o644);
    expect(await readKeyFile(at())).toEqual([]);
  });

  const good = record();
  const file = (...keys: readonly unknown[]): string => JSON.stringify({ version: 1, keys });
  it.each<[string, string, RegExp]>([
    ['no JSON', 'wspring_secret', /it is not JSON$/],
    ['nothing', '', /it is not JSON$/],
    ['another version', '{"version":2,"keys":[]}', /version: expected 1, got 2/],
    ['no list', '{"version":1,"keys":{}}', /keys: expected an array/],
    ['one id twice', file(good, good), /keys: expected one key per id/],
    ['an unknown scope', file({ ...good, scopes: ['root'] }), /keys\[0\].scopes\[0\]: expected/],
    ['no scope', file({ ...good, scopes: [] }), /keys\[0\].scopes: expected at least 1/],
    ['a short digest', file(good, { ...record(), sha256: 'ab' }), /keys\[1\].sha256: expected/],
    ['an unknown field', file({ ...good, expire: '2027' }), /keys\[0\].expire: no such field/],
    ['a time in words', file({ ...good, expires: 'tomorrow' }), /keys\[0\].expires: expected/],
    ['a limit of zero', file({ ...good, networksPerDay: 0 }), /keys\[0\].networksPerDay/],
    ['deep nesting', '['.repeat(100_000), /it is nested more than/],
  ])('refuses %s, and does not quote it', async (_, text, message) => {
    await writeFile(at(), text);
    const error = await readKeyFile(at()).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: 'data-corrupt' });
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain('wspring_secret');
  });
});
