import { execFile } from 'node:child_process';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFileAtomic } from '../../src/files/atomic-write.js';
import { needs, OFF_LINUX } from '../support/needs.js';
import { checkWritableFile, checkWritableFolder } from '../../src/files/write-target.js';

const run = promisify(execFile);

let folder: string;
const at = (...names: readonly string[]): string => join(folder, ...names);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weightspring-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('writeFileAtomic', () => {
  it('writes text, bytes and pieces, makes folders, and leaves no drafts', async () => {
    await writeFileAtomic(at('a', 'b', 'text'), 'für');
    await writeFileAtomic(at('a', 'b', 'bytes'), Uint8Array.of(1, 2));
    await writeFileAtomic(at('a', 'b', 'pieces'), [Uint8Array.of(1), Uint8Array.of(2, 3)]);
    expect(await readFile(at('a', 'b', 'text'), 'utf8')).toBe('für');
    expect([...(await readFile(at('a', 'b', 'bytes')))]).toEqual([1, 2]);
    expect([...(await readFile(at('a', 'b', 'pieces')))]).toEqual([1, 2, 3]);
    expect(await readdir(at('a', 'b'))).toEqual(['bytes', 'pieces', 'text']);
  });

  it('leaves the old file and no draft where the content fails half way', async () => {
    await writeFileAtomic(at('file'), 'old');
    function* failing(): Generator<Uint8Array> {
      yield Uint8Array.of(1, 2, 3);
      throw new Error('no more');
    }
    await expect(writeFileAtomic(at('file'), failing())).rejects.toThrow('no more');
    expect(await readFile(at('file'), 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('keeps the permissions of the file that it replaces', async () => {
    await writeFile(at('file'), 'old');
    await chmod(at('file'), 0o640);
    await writeFileAtomic(at('file'), 'new');
    expect((await stat(at('file'))).mode & 0o777).toBe(0o640);
  });

  it('takes names as long as names can be', async () => {
    const name = 'n'.repeat(255);
    await writeFileAtomic(at(name), 'long');
    expect(await readdir(folder)).toEqual([name]);
  });

  it.each([
    ['to a file', 'store/real', 'old'],
    ['to nothing yet', 'store/new', null],
    ['into a folder that is missing', 'missing/new', null],
  ])('follows a chain of links %s', async (_, target, before) => {
    await mkdir(at('store'));
    await mkdir(at('links'));
    if (before !== null) await writeFile(at(target), before);
    // Relative to the folder of the link, which is itself reached through a link.
    await symlink(join('..', target), at('links', 'second'));
    await symlink('links', at('alias'));
    await symlink(join('alias', 'second'), at('first'));
    await writeFileAtomic(at('first'), 'new');
    expect(await readlink(at('first'))).toBe(join('alias', 'second'));
    expect(await readlink(at('links', 'second'))).toBe(join('..', target));
    expect((await lstat(at(target))).isFile()).toBe(true);
    expect(await readFile(at(target), 'utf8')).toBe('new');
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('writes into a pipe, which stays one', needs(OFF_LINUX), async () => {
    await run('mkfifo', [at('pipe')]);
    const reader = run('cat', [at('pipe')]);
    await writeFileAtomic(at('pipe'), [Buffer.from('one '), Buffer.from('two')]);
    expect((await reader).stdout).toBe('one two');
    expect((await lstat(at('pipe'))).isFIFO()).toBe(true);
  });

  it('writes into a device, through a link too', needs(OFF_LINUX), async () => {
    await symlink('/dev/null', at('null'));
    await writeFileAtomic(at('null'), 'away');
    expect(await readlink(at('null'))).toBe('/dev/null');
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  });

  // The device answers every write as a full disk does.
  it('says on one line that a disk is full', needs(OFF_LINUX), async () => {
    await expect(writeFileAtomic('/dev/full', 'x')).rejects.toMatchObject({
      code: 'storage-failed',
      message: expect.stringMatching(
        /^cannot write '\/dev\/full': its disk is full: free/,
      ) as string,
    });
    expect((await stat('/dev/full')).isCharacterDevice()).toBe(true);
  });
});

describe.each([
  ['writeFileAtomic', (path: string) => writeFileAtomic(path, 'x')],
  ['checkWritableFile', checkWritableFile],
])('%s', (_, write) => {
  it.each([
    ['a folder', 'dir', /dir': it is a folder: name a file/],
    ['a folder that is to be', 'new/', /new\/': it is a folder: name a file/],
    ['a file for a folder', 'file/y', /a part of the path is a file, not a folder/],
    ['links in a circle', 'loop', /symbolic links lead in a circle/],
    ['a name too long', 'n'.repeat(256), /the name is too long/],
  ])('refuses %s', async (_name, path, message) => {
    await mkdir(at('dir'));
    await writeFile(at('file'), 'kept');
    await symlink('loop', at('loop'));
    const before = await readdir(folder);
    await expect(write(`${folder}/${path}`)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringMatching(message) as string,
    });
    expect(await readdir(folder)).toEqual(before);
    expect(await readFile(at('file'), 'utf8')).toBe('kept');
  });

  it('refuses an empty path', async () => {
    await expect(write('')).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('checkWritableFolder', () => {
  it('takes folders that are there or can be made, and makes none', async () => {
    await checkWritableFolder(folder);
    await checkWritableFolder(at('a', 'b'));
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['file', /it is a file: name a folder/],
    ['file/y', /a part of the path is a file/],
  ])('refuses %s', async (path, message) => {
    await writeFile(at('file'), '');
    await expect(checkWritableFolder(at(path))).rejects.toThrow(message);
  });
});
