import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRegularFile } from '../../src/files/read-regular-file.js';
import { needs } from '../support/needs.js';

describe('readRegularFile', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-files-'));
    await writeFile(at('file'), 'twelve bytes');
    await symlink('file', at('link'));
    await symlink('nowhere', at('dangling'));
    await symlink('circle', at('circle'));
    await mkdir(at('folder'));
    execFileSync('mkfifo', [at('pipe')]);
    await symlink('/dev/zero', at('device'));
    await writeFile(at('secret'), 'secret');
    await chmod(at('secret'), 0);
  });

  afterAll(() => rm(folder, { recursive: true }));

  it.each(['file', 'link'])('reads a %s', async (name) => {
    expect((await readRegularFile(at(name), 12)).toString()).toBe('twelve bytes');
  });

  it.each([
    ['nothing', 'missing', 'not-found', /there is none/],
    ['a link that leads nowhere', 'dangling', 'not-found', /there is none/],
    ['a link to itself', 'circle', 'invalid-argument', /circle/],
    ['a folder', 'folder', 'data-corrupt', /regular file/],
    ['a pipe that nobody writes to', 'pipe', 'data-corrupt', /regular file/],
    ['a device without end', 'device', 'data-corrupt', /regular file/],
    ['what lies below a file', 'file/below', 'invalid-argument', /not a folder/],
  ])('refuses %s', async (_what, name, code, message) => {
    const read = readRegularFile(at(name), 100);
    await expect(read).rejects.toMatchObject({ code });
    await expect(read).rejects.toThrow(message);
  });

  it('refuses a file that is too long', async () => {
    await expect(readRegularFile(at('file'), 11)).rejects.toMatchObject({
      code: 'data-corrupt',
      message: expect.stringContaining('11 bytes at most, got 12') as unknown,
    });
  });

  const asRoot = process.getuid?.() === 0 ? 'root may read every file' : undefined;
  it('refuses a file that may not be read', needs(asRoot), async () => {
    await expect(readRegularFile(at('secret'), 100)).rejects.toThrow(/permission/);
  });
});
