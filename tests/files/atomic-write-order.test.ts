import type * as FileSystem from 'node:fs/promises';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, it, vi } from 'vitest';
import { writeFileAtomic } from '../../src/files/atomic-write.js';

const calls: string[] = [];
const root = await realpath(await mkdtemp(join(tmpdir(), 'weightspring-order-')));
const named = (path: unknown): string =>
  relative(root, String(path)).replace(/\.weightspring-[-0-9a-f]+\.tmp$/, 'DRAFT') || '.';

/** The file system, which tells what is made to last and when. */
vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof FileSystem>();
  return {
    ...real,
    open: async (...args: Parameters<typeof real.open>) => {
      const file = await real.open(...args);
      const sync = file.sync.bind(file);
      file.sync = () => {
        calls.push(`sync ${named(args[0])}`);
        return sync();
      };
      return file;
    },
    rename: (from: string, to: string) => {
      calls.push(`rename ${named(from)} to ${named(to)}`);
      return real.rename(from, to);
    },
  };
});

it('syncs new folders, then the draft before it is renamed, then its folder', async () => {
  try {
    await writeFileAtomic(join(root, 'a', 'b', 'file'), 'x');
    expect(calls).toEqual([
      'sync a',
      'sync .',
      'sync a/b/DRAFT',
      'rename a/b/DRAFT to a/b/file',
      'sync a/b',
    ]);
  } finally {
    await rm(root, { recursive: true });
  }
});
