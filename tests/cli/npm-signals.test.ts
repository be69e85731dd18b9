import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { PACKAGE_ROOT } from '../../src/package-info.js';
import { missingProgram, needs } from '../support/needs.js';
import { writeToyFlow, type ToyFlow } from '../support/toy-flow.js';

/** Generous: a machine may be busy, and the service loads onnxruntime. */
const STARTED = { timeout: 60_000, interval: 50 };

describe('what npm runs', { timeout: 120_000 }, () => {
  let toy: ToyFlow;
  let npm: ChildProcess | undefined;
  let log = '';

  beforeAll(async () => {
    toy = await writeToyFlow();
  });
  afterEach(() => {
    if (npm?.pid === undefined) return;
    try {
      // Its whole group, so that a failed test leaves no service behind.
      process.kill(-npm.pid, 'SIGKILL');
    } catch (error) {
      expect(error).toMatchObject({ code: 'ESRCH' });
    }
  });
  afterAll(() => toy.remove());

  /** Runs npm in a process group of its own, as from a terminal, until its log says something. */
  async function run(args: readonly string[], saying: RegExp): Promise<ChildProcess> {
    log = '';
    npm = spawn('npm', args, {
      cwd: PACKAGE_ROOT,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        WEIGHTSPRING_PORT: '0',
        WEIGHTSPRING_WORKERS: '1',
        WEIGHTSPRING_MODELS_DIR: toy.modelsDir,
      },
    });
    for (const stream of [npm.stdout!, npm.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (log += text));
    }
    await vi.waitFor(() => {
      expect(log).toMatch(saying);
    }, STARTED);
    return npm;
  }

  async function start(shell: string): Promise<{ npm: number; url: string }> {
    const { pid } = await run(['start', `--script-shell=${shell}`], /serves on/);
    return { npm: pid!, url: /serves on (\S+)/.exec(log)![1]! };
  }

  async function expectGracefulEnd(url: string): Promise<void> {
    await vi.waitFor(() => {
      expect(log).toContain('"event":"closed"');
    }, STARTED);
    await expect(fetch(`${url}/v2/health/live`)).rejects.toThrow();
  }

  // `sh` stands between npm and the service; bash becomes the service.
  describe.each(['sh', 'bash'])('with %s', (shell) => {
    const where = needs(missingProgram(shell));

    it('ends in order at SIGTERM to npm', where, async () => {
      const { npm: pid, url } = await start(shell);
      process.kill(pid, 'SIGTERM');
      await expectGracefulEnd(url);
    });

    it('ends in order at Ctrl-C in a terminal', where, async () => {
      const { npm: pid, url } = await start(shell);
      process.kill(-pid, 'SIGINT');
      await expectGracefulEnd(url);
    });

    it.each([
      ['SIGTERM to npm', 'SIGTERM', 1],
      ['Ctrl-C in a terminal', 'SIGINT', -1],
    ] as const)('stops training in order at %s', where, async (_name, signal, sign) => {
      const train = ['zoo', 'train', '--task', 'spirals', '--architectures', '2,16,2:64'];
      const child = await run(
        [
          ...['run', `--script-shell=${shell}`, 'weightspring', '--', ...train],
          ...['--epochs', '100000', '--out', join(toy.modelsDir, `${shell}-${signal}.zoo`)],
        ],
        /training engine/,
      );
      // Whoever still writes holds the pipe open, whether npm is gone or not.
      const ended = once(child, 'close');
      process.kill(sign * child.pid!, signal);
      await ended;
      // Between two updates, or while the first is prepared.
      expect(log).toMatch(/was stopped after \d+ of \d+ updates|^weightspring: stopped$/m);
    });
  });
});
