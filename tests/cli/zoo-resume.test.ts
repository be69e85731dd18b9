import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/package-info.js';
import { gateAt } from '../support/gate.js';
import { MAIN, weightspring, weightspringOk } from '../support/compiled.js';

const ENTRY = pathToFileURL(join(PACKAGE_ROOT, 'dist/src/training-entry.js')).href;
const children: ChildProcess[] = [];

let folder: string;
const at = (name: string): string => join(folder, name);
const ARCHITECTURES = '2,8,2:6;2,20,20,2:8';
const EPOCHS = 200;
const args = (out: string): string[] => [
  ...['zoo', 'train', '--task', 'spirals', '--architectures', ARCHITECTURES],
  ...['--epochs', String(EPOCHS), '--device', 'cpu', '--out', at(out)],
];

/**
 * Starts a process; `until` resolves once its stderr matches, or it has ended.
 *
 * @param inGroup - gives it a process group, as a terminal does
 */
function start(command: readonly string[], inGroup = false) {
  const child = spawn(process.execPath, command, {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: inGroup,
  });
  children.push(child);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr }));
  const until = (text: RegExp): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (text.test(stderr)) resolve();
      };
      child.stderr.on('data', look);
      look();
      void ended.then(() => {
        resolve();
      });
    });
  return { child, until, ended };
}

describe('zoo train', { timeout: 240_000 }, () => {
  let expected: Buffer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-zoo-resume-'));
    await weightspringOk(args('whole.zoo'));
    expected = await readFile(at('whole.zoo'));
  }, 240_000);
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('goes on with the same command, to the same bytes', async () => {
    const started = gateAt(at('started.fifo'), /^zoo +[2-9]0 %/);
    const first = start([started.flag, MAIN, ...args('a.zoo')], true);
    await first.until(/zoo +[2-9]0 %/);
    // Both processes, as in a terminal: the one that waits stops as soon as it goes on.
    process.kill(-first.child.pid!, 'SIGINT');
    await started.open();
    const { code, stderr } = await first.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/stopping; the same command continues/);
    expect(stderr).toMatch(/weightspring: training of \S+ was stopped after \d+ of 2200 updates/);
    expect(existsSync(at('a.zoo'))).toBe(false);

    const other = await weightspring([...args('a.zoo'), '--seed', '2']);
    expect(other.status).toBe(2);
    expect(other.stderr).toMatch(/a\.zoo\.run holds another run: seed is 1 there and 2 here/);

    // Killed before its first checkpoint: it costs what it did itself. It waits in the meantime.
    const continued = gateAt(at('gate-continued.fifo'), /^continuing at/);
    const second = start([continued.flag, MAIN, ...args('a.zoo')]);
    await second.until(/continuing at \d+ %, 2-[-\d]+\/relu, from .*a\.zoo\.run/);
    const beside = await weightspring(args('a.zoo'));
    expect(beside.status).toBe(2);
    expect(beside.stderr).toMatch(
      new RegExp(`a\\.zoo\\.run is in use by process ${second.child.pid} on `),
    );
    second.child.kill('SIGKILL');
    await second.ended;

    const last = await weightspringOk(args('a.zoo'));
    expect(last.stderr).toMatch(/continuing at ([2-9]\d) %/);
    expect(last.stderr).not.toMatch(/^zoo +10 %/m);
    expect((await readFile(at('a.zoo'))).equals(expected)).toBe(true);
    const left = (await readdir(folder)).filter((name) => !name.endsWith('.fifo'));
    expect(left.sort()).toEqual(['a.zoo', 'whole.zoo']);
    await rm(at('a.zoo'));
  });

  it('keeps its checkpoints in --run-dir', async () => {
    const command = [...args('b.zoo'), '--run-dir', at('deep/run')];
    const started = gateAt(at('running.fifo'), /^zoo +[1-9]0 %/);
    const first = start([started.flag, MAIN, ...command], true);
    await first.until(/zoo +[1-9]0 %/);
    process.kill(-first.child.pid!, 'SIGTERM');
    await started.open();
    expect((await first.ended).code).toBe(143);
    expect((await readdir(at('deep/run'))).sort()).toEqual([
      ...['checkpoint.safetensors', 'finals.jsonl', 'lock', 'networks.f32', 'run.json'],
    ]);
    await weightspringOk(command);
    expect((await readFile(at('b.zoo'))).equals(expected)).toBe(true);
    expect(await readdir(at('deep'))).toEqual([]);
    await rm(at('deep'), { recursive: true });
    await rm(at('b.zoo'));
  });

  it('goes on after any number of SIGKILLs, wherever they hit', async () => {
    // The command with checkpoints every few milliseconds, so that kills hit them too.
    const script = `
      import { loadTask, trainZooFile, zooRecipe, OrtEngine } from '${ENTRY}';
      const architecture = (...layers) => ({ layers, activation: 'relu' });
      const { training } = zooRecipe('spirals');
      await trainZooFile(
        await loadTask('spirals'),
        {
          architectures: [
            { architecture: architecture(2, 8, 2), runs: 6 },
            { architecture: architecture(2, 20, 20, 2), runs: 8 },
          ],
          training: { ...training, epochs: ${EPOCHS} },
          seed: 1,
        },
        {
          engine: new OrtEngine(),
          out: process.argv[1],
          runDir: process.argv[2],
          checkpointEveryMs: 3,
          onProgress: ({ done }) => process.stderr.write('at ' + done + '\\n'),
        },
      );
    `;
    const command = ['--input-type=module', '--eval', script, at('c.zoo'), at('c.run')];
    let kills = 0;
    for (;;) {
      const { child, until, ended } = start(command);
      await until(/at \d/);
      const wait = setTimeout(() => child.kill('SIGKILL'), 250 + 131 * (kills % 7));
      const { code, stderr } = await ended;
      clearTimeout(wait);
      if (code === 0) break;
      expect(code, stderr).toBeNull();
      kills++;
      expect(kills).toBeLessThan(200);
    }
    expect(kills).toBeGreaterThan(2);
    expect((await readFile(at('c.zoo'))).equals(expected)).toBe(true);
    expect((await readdir(folder)).filter((name) => name.startsWith('c'))).toEqual(['c.zoo']);
  });
});
