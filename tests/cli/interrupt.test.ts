import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/package-info.js';
import { MAIN, weightspring, weightspringOk } from '../support/compiled.js';
import { gateAt } from '../support/gate.js';
import { startNode, type Running } from '../support/running.js';

const SIGNALS = pathToFileURL(join(PACKAGE_ROOT, 'dist/src/cli/signals.js')).href;

describe('a command that is interrupted', { timeout: 180_000 }, () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const train = (name: string, steps: number, zoo = 'wide.zoo'): string[] => [
    ...['train', '--zoo', at(zoo), '--name', name, '--out', at(`models/${name}`)],
    ...['--run-dir', at(`run-${name}`), '--width', '8', '--blocks', '1', '--heads', '1'],
    ...['--edge-width', '2', '--batch', '1', '--steps', String(steps), '--device', 'cpu'],
  ];

  /** Checks that a command gets as far as to train, and ends it. */
  const expectToRun = async (args: readonly string[]): Promise<void> => {
    const { child, until, ended } = startNode([MAIN, ...args]);
    await until(/training engine/);
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
  };

  /** Wide networks, so that it takes seconds to measure their averages. */
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-interrupt-'));
    await weightspringOk([
      ...['zoo', 'train', '--task', 'spirals', '--architectures', '2,40,40,2:16'],
      ...['--epochs', '1', '--device', 'cpu', '--out', at('wide.zoo')],
    ]);
    await weightspringOk([
      ...['zoo', 'train', '--task', 'spirals', '--architectures', '2,8,2:2'],
      ...['--epochs', '1', '--device', 'cpu', '--out', at('small.zoo')],
    ]);
    await weightspringOk(train('tiny', 1, 'small.zoo'));
  }, 180_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('stops while it measures the zoo, on %s, and goes on later', async (signal, code) => {
    const name = signal.toLowerCase();
    const measuring = gateAt(at(`${name}.fifo`), /measure the zoo +\d+ %/);
    const { pid, until, ended } = startNode([measuring.flag, MAIN, ...train(name, 1)], {
      detached: true,
    });
    await until(/measure the zoo +\d+ %/);
    // Both processes, as in a terminal: the one that waits hears of it as soon as it goes on.
    process.kill(-pid, signal);
    await measuring.open();
    const { code: actual, stdout, stderr } = await ended;
    expect(actual).toBe(code);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/stopping.*the same command continues/);
    expect(stderr).not.toMatch(/ at .*\.js:\d+/);
    // Neither a part of the flow nor the lock is left.
    expect(existsSync(at(`models/${name}`))).toBe(false);
    const { stderr: second } = await weightspringOk(train(name, 1));
    expect(second).not.toMatch(/^train /m);
    expect((await readdir(at(`models/${name}`))).sort()).toEqual([
      ...['config.json', 'flow.onnx', 'loss.svg', 'novelty.safetensors', 'reference.json'],
    ]);
  });

  it('stops between two updates with a checkpoint, from which it goes on', async () => {
    const { child, until, ended } = startNode([MAIN, ...train('steps', 1_000_000)]);
    await until(/training engine/);
    await expect.poll(() => existsSync(at('run-steps/log.jsonl'))).toBe(true);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/stopped at step \d+ of 1000000; the same command continues/);
    expect(existsSync(at('run-steps/checkpoint.safetensors'))).toBe(true);
  });

  it('goes on when nobody reads its progress any more', async () => {
    const { child, until, ended } = startNode([MAIN, ...train('unread', 20, 'small.zoo')]);
    await until(/training engine/);
    child.stderr!.destroy();
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^unread [0-9a-f]{64}$/m);
    expect(existsSync(at('models/unread/flow.onnx'))).toBe(true);
  });

  it('has its run folder for itself, until it is gone in whatever way', async () => {
    const args = train('alone', 1_000_000);
    const first = startNode([MAIN, ...args]);
    await first.until(/training engine/);
    const second = await weightspring(args);
    expect(second.status).toBe(2);
    expect(second.stderr).toMatch(
      new RegExp(`^weightspring: .*run-alone is in use by process ${first.child.pid} on `),
    );
    first.child.kill('SIGKILL');
    await first.ended;
    await expectToRun(args);
  });

  describe('in a call of onnxruntime that does not return', () => {
    /** Opening a session blocks for ever, as it blocks for seconds where the session is large. */
    const blocking = `
      import { writeSync } from 'node:fs';
      import { createRequire } from 'node:module';
      import { isMainThread } from 'node:worker_threads';
      if (isMainThread) {
        const { InferenceSession } = createRequire(${JSON.stringify(MAIN)})('onnxruntime-node');
        InferenceSession.create = () => {
          writeSync(2, 'blocked\\n');
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
        };
      }
    `;
    const startBlocking = (args: readonly string[]): Running =>
      startNode([`--import=data:text/javascript,${encodeURIComponent(blocking)}`, MAIN, ...args]);

    it('ends at the second Ctrl-C, and goes on later', async () => {
      const args = train('blocked', 1_000_000);
      const { child, until, ended } = startBlocking(args);
      await until(/blocked/);
      child.kill('SIGINT');
      await delay(500);
      expect(child.exitCode).toBeNull();
      child.kill('SIGINT');
      const { code, stderr } = await ended;
      expect(code).toBe(130);
      expect(stderr).not.toMatch(/stop/);
      await expectToRun(args);
    });

    it('leaves its run folder to the same command when it is killed', async () => {
      const args = train('killed', 1_000_000);
      const first = startBlocking(args);
      await first.until(/blocked/);
      first.child.kill('SIGKILL');
      await expectToRun(args);
      await first.ended;
    });
  });

  it.each([
    ['zoo align', () => ['zoo', 'align', at('wide.zoo'), '--pairs', '100000'], 'aligned.zoo'],
    [
      'zoo train',
      () => ['zoo', 'train', '--task', 'spirals', '--epochs', '5000', '--device', 'cpu'],
      'long.zoo',
    ],
  ])('stops %s, and writes no output', async (_name, args, out) => {
    const { child, until, ended } = startNode([MAIN, ...args(), '--json', '--out', at(out)]);
    await until(/training engine|align +\d+ %/);
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(stdout).toBe('');
    expect(existsSync(at(out))).toBe(false);
  });

  it('stops an evaluation among its nulls', async () => {
    const { child, until, ended } = startNode([
      ...[MAIN, 'evaluate', '--flow', 'tiny', '--models-dir', at('models'), '--device', 'cpu'],
      ...['--layers', '2,8,2', '--steps', '1', '--samples', '64', '--json'],
    ]);
    await until(/measuring (trained networks|nulls)/);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect(stderr).toMatch(/weightspring: .*(stopped|cancelled)/);
    expect(code).toBe(130);
    expect(stdout).toBe('');
  });

  it.each([
    ['evaluate', '--samples', []],
    ['sample', '--count', ['--out', 'many.onnx']],
  ])('stops %s', async (command, count, more) => {
    const { child, until, ended } = startNode([
      ...[MAIN, command, '--flow', 'tiny', '--models-dir', at('models'), '--device', 'cpu'],
      ...['--layers', '2,8,2', '--steps', '1', count, '20000', '--json'],
      ...more.map((word) => (word.startsWith('-') ? word : at(word))),
    ]);
    await until(/%/);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect(stderr).toMatch(/weightspring: (stopped|cancelled)/);
    expect(code).toBe(130);
    expect(stdout).toBe('');
  });
});

describe('interruptSignal', { timeout: 60_000 }, () => {
  /** A process that does not stop by itself. */
  const deaf = `
    const { interruptSignal } = await import('${SIGNALS}');
    interruptSignal(() => process.stderr.write('first\\n'));
    process.on('exit', () => process.stderr.write('exit\\n'));
    setInterval(() => {}, 1000);
    process.stderr.write('ready\\n');
  `;
  const startDeaf = (): Running => startNode(['--input-type=module', '--eval', deaf]);

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends the process at the second %s', async (signal, code) => {
    const { child, until, ended } = startDeaf();
    await until(/ready/);
    child.kill(signal);
    await until(/first/);
    await delay(500);
    expect(child.exitCode).toBeNull();
    child.kill(signal);
    expect(await ended).toMatchObject({ code, stderr: 'ready\nfirst\nexit\n' });
  });

  it('takes what npm hands on beside the terminal for the same Ctrl-C', async () => {
    const { child, until, ended } = startDeaf();
    await until(/ready/);
    child.kill('SIGINT');
    await until(/first/);
    child.kill('SIGINT');
    await delay(500);
    expect(child.exitCode).toBeNull();
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
  });
});
