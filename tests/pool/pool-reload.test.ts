import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FlowSummary } from '../../src/flows/flow-summary.js';
import { SamplerPool } from '../../src/pool/pool.js';
import { COMPILED_WORKER } from '../support/compiled.js';
import { sampleJob } from '../support/sample-job.js';
import { TOY_FLOW, writeToyFlow, type ToyFlow } from '../support/toy-flow.js';

const JOB = sampleJob({ flow: TOY_FLOW, steps: 3, format: 'safetensors' });

describe('SamplerPool.reload', () => {
  let modelsDir: string;
  let first: ToyFlow;
  let second: ToyFlow;
  let pool: SamplerPool;
  const at = (name: string): string => path.join(modelsDir, name);

  beforeEach(async () => {
    first = await writeToyFlow();
    second = await writeToyFlow({ parameterStd: 0.3 });
    modelsDir = mkdtempSync(path.join(tmpdir(), 'weightspring-reload-'));
    cpSync(first.folder, at(TOY_FLOW), { recursive: true });
    pool = await SamplerPool.start({
      modelsDir,
      workerPath: COMPILED_WORKER,
      workers: 1,
      respawnDelayMs: 10,
    });
  });

  afterEach(async () => {
    await pool.close();
    await Promise.all([first.remove(), second.remove()]);
    rmSync(modelsDir, { recursive: true, force: true });
  });

  function replace(): void {
    rmSync(at(TOY_FLOW), { recursive: true });
    cpSync(second.folder, at(TOY_FLOW), { recursive: true });
  }

  /** The answer to a job as a service plans it, with the version that it shows. */
  async function answer(): Promise<string> {
    const [shown] = pool.flows();
    const planned = { ...JOB, configSha256: (shown as FlowSummary).configSha256 };
    const [network] = await pool.sample(planned);
    expect(network?.metadata.flowSha256).toBe(shown?.sha256);
    return network?.sha256 ?? '';
  }

  /** Of the sampler processes that are there. */
  function processIds(): readonly number[] {
    const children = execFileSync('ps', ['--ppid', String(process.pid), '-o', 'pid=,args=']);
    return children
      .toString()
      .split('\n')
      .filter((line) => line.includes(COMPILED_WORKER))
      .map((line) => Number.parseInt(line, 10));
  }

  /** Ends the process that answers; another takes its place. */
  async function replaceProcess(): Promise<void> {
    for (const id of processIds()) process.kill(id, 'SIGKILL');
    while (pool.health().alive > 0) await delay(5);
    while (pool.health().alive === 0) await delay(5);
  }

  it('takes over what was replaced on disk, and not before', async () => {
    const before = await answer();
    replace();
    expect(await answer()).toBe(before);
    const none = { added: [], removed: [], refused: [] };
    expect(await pool.reload()).toEqual({ ...none, replaced: [TOY_FLOW] });
    const after = await answer();
    expect(after).not.toBe(before);
    expect(await pool.reload()).toEqual({ ...none, replaced: [] });
    expect(await answer()).toBe(after);
  });

  it('never answers with another version than it shows, whichever process answers', async () => {
    const before = await answer();
    replace();
    await replaceProcess();
    expect(pool.flows()[0]?.sha256).toBe(first.config.sha256);
    await expect(answer()).rejects.toMatchObject({ code: 'flow-changed', field: 'flow' });
    await pool.reload();
    expect(await answer()).not.toBe(before);
  });

  it('serves the others while one is another on disk', async () => {
    cpSync(first.folder, at('other'), { recursive: true });
    const config = { ...first.config, name: 'other' };
    writeFileSync(path.join(at('other'), 'config.json'), JSON.stringify(config));
    expect(await pool.reload()).toMatchObject({ added: ['other'], replaced: [] });
    replace();
    await replaceProcess();
    const other = pool.flows().find(({ name }) => name === 'other');
    const planned = { ...JOB, flow: 'other', configSha256: other!.configSha256 };
    expect(await pool.sample(planned)).toHaveLength(1);
  });

  it('tells what was removed, and what cannot be served', async () => {
    rmSync(at(TOY_FLOW), { recursive: true });
    mkdirSync(at('bad'));
    writeFileSync(path.join(at('bad'), 'config.json'), 'nonsense');
    const refused = [{ name: 'bad', reason: 'config.json is not JSON' }];
    expect(await pool.reload()).toEqual({ added: [], replaced: [], removed: [TOY_FLOW], refused });
    expect(pool.flows()).toEqual([]);
    expect(pool.refused()).toEqual(refused);
  });

  it('reads all folders again, and draws from a flow that came into a later one', async () => {
    const later = mkdtempSync(path.join(tmpdir(), 'weightspring-later-'));
    const both = await SamplerPool.start({
      modelsDir: [modelsDir, later],
      workerPath: COMPILED_WORKER,
      workers: 1,
    });
    try {
      cpSync(second.folder, path.join(later, 'late'), { recursive: true });
      const config = { ...second.config, name: 'late' };
      writeFileSync(path.join(later, 'late', 'config.json'), JSON.stringify(config));
      expect(await both.reload()).toMatchObject({ added: ['late'], removed: [], refused: [] });
      const { configSha256 } = both.flows().find(({ name }) => name === 'late')!;
      expect(await both.sample({ ...JOB, flow: 'late', configSha256 })).toHaveLength(1);
    } finally {
      await both.close();
      rmSync(later, { recursive: true });
    }
  });

  it('keeps the flows when the folder cannot be read', async () => {
    const before = await answer();
    rmSync(modelsDir, { recursive: true });
    await expect(pool.reload()).rejects.toMatchObject({
      code: 'reload-failed',
      cause: { code: 'not-found' },
    });
    expect(existsSync(modelsDir)).toBe(false);
    expect(await answer()).toBe(before);
  });

  it('reads for those who ask at the same time once, and leaves no process', async () => {
    const [a, b, c] = await Promise.all([pool.reload(), pool.reload(), pool.reload()]);
    expect(b).toBe(a);
    expect(c).toBe(a);
    expect(pool.health()).toMatchObject({ alive: 1, busy: 0 });
    expect(processIds()).toHaveLength(1);
  });
});
