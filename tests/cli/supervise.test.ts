import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { execFileSync, type SpawnOptions } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/package-info.js';
import { missingProgram, needs, OFF_LINUX } from '../support/needs.js';
import { startNode, startProgram, type Running } from '../support/running.js';

const compiled = (name: string): string =>
  JSON.stringify(pathToFileURL(join(PACKAGE_ROOT, 'dist/src/cli', name)).href);

/** Long enough that two signals are not taken for one. */
const APART_MS = 500;
/** The machine may be busy. */
const LONG = { timeout: 20_000 };

/** The process that starts and watches one that does as its first argument says. */
const SUPERVISOR = `
  import process from 'node:process';
  import { supervise } from ${compiled('supervise.js')};
  await supervise(new URL('./supervised.mjs', import.meta.url), process.argv.slice(2));
`;
const SUPERVISED = `
  import { once } from 'node:events';
  import { openSync, writeFileSync, writeSync } from 'node:fs';
  import process from 'node:process';
  import { getHeapStatistics } from 'node:v8';
  import { interruptExitCode, interruptSignal } from ${compiled('signals.js')};
  import { obeySupervisor } from ${compiled('supervisor-link.js')};

  obeySupervisor();
  const say = (line) => writeSync(2, line + '\\n');
  const [what, argument] = process.argv.slice(2);
  const keepAlive = setInterval(() => {}, 1000);
  const blocksAsItStops = async () => {
    const signal = interruptSignal(() => {
      say('stopping');
      openSync(argument, 'r');
      say('returned');
    });
    say('working ' + process.pid);
    await once(signal, 'abort');
    // By then all that came meanwhile has been delivered.
    await new Promise((resolve) => setTimeout(resolve, 100));
    say('done');
    process.exitCode = interruptExitCode();
  };
  const stopsInOrder = async () => {
    const signal = interruptSignal(() => say('stopping'));
    if (what === 'block') {
      // As a native call does, until the test ends it: the event loop stands still.
      say('blocked ' + process.pid);
      openSync(argument, 'r');
      say('returned');
    } else say('working ' + process.pid);
    if (!signal.aborted) await once(signal, 'abort');
    process.exitCode = interruptExitCode();
  };
  const actions = {
    block: stopsInOrder,
    work: stopsInOrder,
    'block at stop': blocksAsItStops,
    // A command that knows nothing of signals.
    plain: async () => { say('working ' + process.pid); await new Promise(() => {}); },
    exit: () => { process.exitCode = Number(argument); },
    kill: () => { process.kill(process.pid, argument); },
    write: () => { writeFileSync(argument, 'written'); },
    show: () => {
      const heapMb = getHeapStatistics().heap_size_limit / 2 ** 20;
      console.log(JSON.stringify({ args: process.argv.slice(2), flags: process.execArgv, heapMb }));
    },
  };
  await actions[what]();
  clearInterval(keepAlive);
`;

describe('supervise', { timeout: 60_000 }, () => {
  let folder: string;
  let supervisor: string;
  /** Opening it for reading blocks a process until the test writes. */
  let fifo: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-supervise-'));
    supervisor = join(folder, 'supervisor.mjs');
    fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    await writeFile(supervisor, SUPERVISOR);
    await writeFile(join(folder, 'supervised.mjs'), SUPERVISED);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const start = (args: readonly string[], options: SpawnOptions = {}): Running =>
    startNode([supervisor, ...args], options);

  /** The process that computes. */
  async function pidOf(running: Running): Promise<number> {
    return Number((await running.until(/(?:blocked|working) (\d+)/))[1]);
  }

  describe.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('at %s', (signal, code) => {
    it('stops in order', async () => {
      const running = start(['work']);
      const pid = await pidOf(running);
      running.child.kill(signal);
      expect(await running.ended).toEqual({
        code,
        stdout: '',
        stderr: `working ${pid}\nstopping\n`,
      });
    });

    it('ends at the second one, while the process is in a call that does not return', async () => {
      const running = start(['block', fifo]);
      const pid = await pidOf(running);
      running.child.kill(signal);
      await delay(APART_MS);
      expect(running.child.exitCode).toBeNull();
      running.child.kill(signal);
      expect(await running.ended).toEqual({ code, stdout: '', stderr: `blocked ${pid}\n` });
    });

    it('ends a process that does not stop in order', async () => {
      const running = start(['plain']);
      await pidOf(running);
      running.child.kill(signal);
      expect((await running.ended).code).toBe(code);
    });
  });

  it('takes two within moments for one, also while the process is in a call', async () => {
    const running = start(['block', fifo]);
    await pidOf(running);
    running.child.kill('SIGINT');
    running.child.kill('SIGINT');
    await delay(APART_MS);
    expect(running.child.exitCode).toBeNull();
    await writeFile(fifo, '');
    const { code, stderr } = await running.ended;
    expect(stderr).toMatch(/^blocked \d+\nreturned\nstopping\n$/);
    expect(code).toBe(130);
  });

  it('stops once at Ctrl-C, which a terminal sends to both processes', async () => {
    const running = start(['block', fifo], { detached: true });
    await pidOf(running);
    process.kill(-running.pid, 'SIGINT');
    // The order comes while the signal waits, or after it.
    await delay(APART_MS);
    await writeFile(fifo, '');
    expect((await running.ended).code).toBe(130);
    const { stderr } = await running.ended;
    expect(stderr).toMatch(/^blocked \d+\nreturned\nstopping\n$/);
  });

  it('takes an order and a signal for one, also if it can look at them only one by one', async () => {
    const running = start(['block at stop', fifo], { detached: true });
    const pid = await pidOf(running);
    process.kill(-running.pid, 'SIGINT');
    await running.until(/stopping/);
    await delay(APART_MS);
    await writeFile(fifo, '');
    const stderr = `working ${pid}\nstopping\nreturned\ndone\n`;
    expect(await running.ended).toEqual({ code: 130, stdout: '', stderr });
  });

  it('ends at a second Ctrl-C in a terminal, while the process is in a call', async () => {
    const running = start(['block', fifo], { detached: true });
    const pid = await pidOf(running);
    process.kill(-running.pid, 'SIGINT');
    await delay(APART_MS);
    process.kill(-running.pid, 'SIGINT');
    expect(await running.ended).toEqual({ code: 130, stdout: '', stderr: `blocked ${pid}\n` });
  });

  it('stops in order at a signal to the process that computes', async () => {
    const running = start(['work']);
    const pid = await pidOf(running);
    process.kill(pid, 'SIGTERM');
    expect(await running.ended).toMatchObject({ code: 143, stderr: `working ${pid}\nstopping\n` });
  });

  it('takes its process along at SIGKILL, which is in a call that does not return', async () => {
    const running = start(['block', fifo]);
    await pidOf(running);
    running.child.kill('SIGKILL');
    // Only once both are gone: both hold the pipe.
    expect((await running.ended).stderr).toMatch(/^blocked \d+\n$/);
    expect(running.child.signalCode).toBe('SIGKILL');
  });

  it('ends with the exit code of its process', async () => {
    expect(await start(['exit', '0']).ended).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await start(['exit', '3']).ended).toEqual({ code: 3, stdout: '', stderr: '' });
  });

  it.each([
    ['SIGKILL', 137, /^weightspring: its process was ended by SIGKILL, .*memory\n$/],
    ['SIGALRM', 142, /^weightspring: its process was ended by SIGALRM\n$/],
  ])('says that its process was ended by %s', async (signal, code, line) => {
    const ended = await start(['kill', signal]).ended;
    expect(ended).toEqual({ code, stdout: '', stderr: expect.stringMatching(line) as unknown });
  });

  it('passes on arguments and flags of Node, from wherever they come', async () => {
    const args = ['show', '--name', 'a b', '', '-x'];
    const running = startNode(['--max-old-space-size=111', supervisor, ...args], {
      env: { ...process.env, NODE_OPTIONS: '--max-semi-space-size=1' },
    });
    const { stdout } = await running.ended;
    const { heapMb, ...shown } = JSON.parse(stdout) as { heapMb: number };
    expect(shown).toEqual({ args, flags: ['--max-old-space-size=111'] });
    expect(heapMb).toBeGreaterThan(111);
    expect(heapMb).toBeLessThan(120);
  });

  describe('on Linux, in bash', needs(OFF_LINUX ?? missingProgram('bash')), () => {
    it.each(['3', '12', '63'])('shares file descriptor %s, if an argument names it', async (fd) => {
      const file = join(folder, fd);
      const script = `exec ${fd}>"$2"; exec node "$1" write /dev/fd/${fd}`;
      const { ended } = startProgram('bash', ['-c', script, 'bash', supervisor, file]);
      expect(await ended).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(await readFile(file, 'utf8')).toBe('written');
    });

    it('is suspended and goes on together with its process', async () => {
      const script = `
        set -m
        node "$1" work & pid=$!
        # Without job control again: bash leaves a loop in which it notices that a job has stopped.
        set +m
        while kill -0 $pid 2>/dev/null; do sleep 0.1; done
        wait $pid
      `;
      const running = startProgram('bash', ['-c', script, 'bash', supervisor]);
      const pid = await pidOf(running);
      const pids = [pid, Number(await statusOf(pid, 'PPid'))];
      const states = (): Promise<readonly string[]> =>
        Promise.all(pids.map((each) => statusOf(each, 'State')));
      process.kill(pids[1]!, 'SIGTSTP');
      await expect.poll(states, LONG).toEqual(['T (stopped)', 'T (stopped)']);
      process.kill(pids[1]!, 'SIGCONT');
      await expect.poll(states, LONG).toEqual(['S (sleeping)', 'S (sleeping)']);
      process.kill(pids[1]!, 'SIGINT');
      expect(await running.ended).toMatchObject({ code: 130 });
    });
  });
});

async function statusOf(pid: number, field: string): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return new RegExp(`^${field}:\\s+(.*)$`, 'm').exec(status)![1]!;
}
