import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lockFolder } from '../../src/files/lock-folder.js';
import { isRunning, identityOf, startOf } from '../../src/files/process-identity.js';
import { PACKAGE_ROOT } from '../../src/package-info.js';
import { needs, OFF_LINUX } from '../support/needs.js';

const COMPILED = pathToFileURL(join(PACKAGE_ROOT, 'dist/src/files/lock-folder.js')).href;
/** Takes the lock, says how that went, and then does as its last argument says. */
const HOLDER = `
  const { lockFolder } = await import('${COMPILED}');
  const [folder, then] = process.argv.slice(1);
  await lockFolder(folder).then(
    () => process.stdout.write('has it\\n'),
    (error) => process.stdout.write('refused: ' + error.message + '\\n'),
  );
  if (then === 'exit') process.exit(130);
  if (then === 'throw') setImmediate(() => { throw new Error('broken'); });
  setInterval(() => {}, 1000);
`;

let folder: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weightspring-lock-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** Another process that takes the lock, and what it said. */
async function start(then = 'wait'): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', HOLDER, '--', folder, then],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  children.push(child);
  const [said] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  return { child, said };
}

async function pretendHolder(holder: object): Promise<void> {
  await mkdir(join(folder, 'lock/7'), { recursive: true });
  await writeFile(
    join(folder, 'lock/7/holder.json'),
    JSON.stringify({ ...(await identityOf()), since: '2026-11-25T10:00:00.000Z', ...holder }),
  );
}

const inUse = { code: 'invalid-argument', message: expect.stringContaining('in use') as unknown };

describe('lockFolder', () => {
  it('gives a folder to one at a time', async () => {
    const lock = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringMatching(
        new RegExp(`in use by process ${process.pid} on .* since \\d{4}-\\d\\d-\\d\\dT`),
      ) as unknown,
    });
    lock.release();
    (await lockFolder(folder)).release();
  });

  it('leaves with its folder, and takes nothing of those that come later', async () => {
    const deep = join(folder, 'a');
    const first = await lockFolder(deep);
    await first.removeFolder();
    expect(await readdir(folder)).toEqual([]);
    const second = await lockFolder(deep);
    first.release();
    await expect(lockFolder(deep)).rejects.toMatchObject(inUse);
    second.release();
  });

  it('leaves alone what else is in its folder', async () => {
    await writeFile(join(folder, 'kept'), 'kept');
    await (await lockFolder(folder)).removeFolder();
    expect(await readdir(folder)).toEqual(['kept']);
  });

  it('makes the folder, and keeps one lock of those before', async () => {
    const deep = join(folder, 'a', 'b');
    for (let k = 0; k < 3; k++) (await lockFolder(deep)).release();
    expect(await readdir(join(deep, 'lock'))).toEqual(['3']);
  });

  it.each([
    ['a process that is gone', { pid: 2 ** 22 + 1 }],
    ['a number that another process has now', { started: 'another start' }],
    ['a file that was cut off', undefined],
  ])('takes over the lock of %s', async (_name, holder) => {
    await pretendHolder(holder ?? {});
    if (holder === undefined) await writeFile(join(folder, 'lock/7/holder.json'), '{"pid":');
    (await lockFolder(folder)).release();
    expect(await readdir(join(folder, 'lock'))).toEqual(['8']);
  });

  it('names the supervisor of its process, whom users can signal', async () => {
    const lock = await lockFolder(folder, { supervisorPid: process.ppid });
    await expect(lockFolder(folder)).rejects.toThrow(`in use by process ${process.ppid} on`);
    lock.release();
  });

  it('leaves the lock of another host alone, and says how to be rid of it', async () => {
    await pretendHolder({ host: `not ${hostname()}`, pid: 2 ** 22 + 1 });
    await expect(lockFolder(folder)).rejects.toMatchObject(inUse);
    await expect(lockFolder(folder)).rejects.toThrow(`delete ${join(folder, 'lock')}`);
  });

  it('gives a stale lock to exactly one of many that want it at once', async () => {
    for (let round = 0; round < 20; round++) {
      await rm(join(folder, 'lock'), { recursive: true, force: true });
      await pretendHolder({ pid: 2 ** 22 + 1 });
      const taken = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
      const winners = taken.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      expect(winners).toHaveLength(1);
      for (const each of taken) {
        if (each.status === 'rejected') expect(each.reason).toMatchObject(inUse);
      }
      winners[0]!.release();
    }
  });

  it('tells a process by its start, not by its number alone', async () => {
    const self = await identityOf();
    expect(await isRunning(self)).toBe(true);
    expect(await isRunning({ ...self, started: null })).toBe(true);
    expect(self.started).toMatch(/\d/);
    expect((await identityOf()).started).toBe(self.started);
  });
});

describe('isRunning on Linux', needs(OFF_LINUX), () => {
  it('does not take for running what ended and was not buried', async () => {
    // The shell becomes `sleep`, which never asks what became of its child.
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60']);
    children.push(parent);
    const [text] = (await once(parent.stdout.setEncoding('utf8'), 'data')) as [string];
    const pid = Number(text);
    const started = await startOf(pid);
    const identity = { pid, host: hostname(), started };
    expect(await isRunning(identity)).toBe(true);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => isRunning(identity)).toBe(false);
  });
});

describe('lockFolder between processes', { timeout: 60_000 }, () => {
  it('refuses the folder of another process until that is killed', async () => {
    const { child, said } = await start();
    expect(said).toBe('has it\n');
    await expect(lockFolder(folder)).rejects.toThrow(`in use by process ${child.pid} on`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    (await lockFolder(folder)).release();
  });

  it('waits for a process whose supervisor is gone, since it is ending', async () => {
    const { child } = await start();
    const supervisor = { ...(await identityOf()), pid: 2 ** 22 + 1 };
    await pretendHolder({ ...(await identityOf(child.pid)), supervisor });
    const taken = lockFolder(folder);
    const settled = vi.fn<() => void>();
    taken.then(settled, settled);
    await delay(300);
    expect(settled).not.toHaveBeenCalled();
    child.kill('SIGKILL');
    (await taken).release();
  });

  it.each(['exit', 'throw'])('is released when its process ends by %s', async (then) => {
    const { child, said } = await start(then);
    expect(said).toBe('has it\n');
    if (child.exitCode === null) await once(child, 'exit');
    expect(await readFile(join(folder, 'lock/1/holder.json'), 'utf8')).toBe('null\n');
    (await lockFolder(folder)).release();
  });

  it('has one winner among processes that find the same lock stale', async () => {
    await pretendHolder({ pid: 2 ** 22 + 1 });
    const takers = await Promise.all(Array.from({ length: 6 }, () => start()));
    expect(takers.filter(({ said }) => said === 'has it\n')).toHaveLength(1);
    expect(takers.filter(({ said }) => said.includes('in use by process'))).toHaveLength(5);
  });
});
