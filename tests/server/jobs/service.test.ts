import { createHash } from 'node:crypto';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { JobDocument, JobList } from '../../../server/jobs/job-schemas.js';
import type { Networks } from '../../../server/schemas.js';
import { MAIN } from '../../support/compiled.js';
import { startNode, type Running } from '../../support/running.js';
import { TOY_FLOW, writeToyFlow, type ToyFlow } from '../../support/toy-flow.js';
import { temporaryFolder } from './temporary-folder.js';

const SLOW = { timeout: 240_000 };

/** Networks of a job: several pieces, so that there is a middle to end in. */
const COUNT = 80;

describe('the service with a folder for jobs', SLOW, () => {
  let toy: ToyFlow;

  beforeAll(async () => {
    toy = await writeToyFlow();
  });
  afterAll(() => toy.remove());

  interface Service extends Running {
    readonly url: string;
  }

  async function start(stateDir: string, ...flags: readonly string[]): Promise<Service> {
    const running = startNode([
      ...[MAIN, 'serve', '--port', '0', '--workers', '1', '--models-dir', toy.modelsDir],
      ...['--state-dir', stateDir, ...flags],
    ]);
    const [, url = ''] = await running.until(/weightspring serves on (\S+)/);
    return { ...running, url };
  }

  async function post(url: string, seed: number): Promise<JobDocument> {
    const answer = await fetch(`${url}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': `"seed ${seed}"` },
      body: JSON.stringify({ kind: 'networks', request: { flow: TOY_FLOW, seed, count: COUNT } }),
    });
    expect(answer.status).toBe(202);
    return (await answer.json()) as JobDocument;
  }

  async function list(url: string): Promise<JobDocument[]> {
    const page = (await (await fetch(`${url}/v1/jobs?limit=100`)).json()) as JobList;
    return Promise.all(
      page.jobs.map(async ({ href }) => (await (await fetch(url + href)).json()) as JobDocument),
    );
  }

  const allEnded = (url: string): Promise<JobDocument[]> =>
    vi.waitFor(
      async () => {
        const jobs = await list(url);
        const open = jobs.filter(({ state }) => state === 'queued' || state === 'running');
        expect(open).toEqual([]);
        return jobs;
      },
      { timeout: 180_000, interval: 200 },
    );

  it('finishes what it accepted after kill -9, with nothing lost and nothing twice', async () => {
    const stateDir = await temporaryFolder();
    let service = await start(stateDir);
    const accepted = new Map<number, string>();
    const offer = async (seeds: readonly number[]): Promise<void> => {
      await Promise.allSettled(
        seeds.map(async (seed) => accepted.set(seed, (await post(service.url, seed)).id)),
      );
    };
    for (const [round, doneBefore] of [0, 1].entries()) {
      await offer([0, 1, 2].map((place) => 10 * round + place));
      await vi.waitFor(
        async () => {
          const jobs = await list(service.url);
          expect(jobs.filter(({ state }) => state === 'succeeded').length).toBeGreaterThanOrEqual(
            doneBefore,
          );
          expect(jobs.some(({ progress, state }) => state === 'running' && progress.done > 0)).toBe(
            true,
          );
        },
        { timeout: 60_000, interval: 5 },
      );
      // Some are being accepted at the very moment.
      const offers = offer([5, 6, 7, 8, 9].map((place) => 10 * round + place));
      service.child.kill('SIGKILL');
      await Promise.all([service.ended, offers]);
      service = await start(stateDir);
    }
    expect(accepted.size).toBeGreaterThanOrEqual(6);
    const jobs = await allEnded(service.url);
    const known = new Map(jobs.map((job) => [job.id, job]));
    for (const [seed, id] of accepted) {
      expect(known.get(id)).toMatchObject({ state: 'succeeded', request: { seed } });
      // Whoever does not know whether a job was accepted asks again with the same key.
      expect((await post(service.url, seed)).id).toBe(id);
    }
    expect(new Set(jobs.map(({ request }) => request.seed)).size).toBe(jobs.length);
    const files = jobs.flatMap((job) => job.files ?? []);
    expect(files).toHaveLength(COUNT * jobs.length);
    // As if nothing had happened: the files of the same request, each once on the disk.
    const [job] = jobs;
    const answer = await fetch(`${service.url}/v1/networks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(job!.request),
    });
    const { networks } = (await answer.json()) as Networks;
    expect(job!.files).toEqual(
      networks.map(({ id, fileName, mediaType, sizeBytes }) => {
        return { id, href: `/v1/networks/${id}`, fileName, mediaType, sizeBytes };
      }),
    );
    const last = files.at(-1)!;
    const bytes = Buffer.from(await (await fetch(service.url + last.href!)).arrayBuffer());
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(last.id);
    const stored = await readdir(join(stateDir, 'artefacts'), { recursive: true });
    const names = stored.filter((name) => /[\da-f]{64}$/.test(name));
    expect(names).toHaveLength(new Set(files.map(({ id }) => id)).size);
  });

  it('puts back what runs at SIGTERM, and does not count it as an attempt', async () => {
    const stateDir = await temporaryFolder();
    const service = await start(stateDir, '--drain-ms', '0');
    const ids = [(await post(service.url, 1)).id, (await post(service.url, 2)).id];
    await service.until(/"job-started"/);
    service.child.kill('SIGTERM');
    const { code, stderr } = await service.ended;
    expect(code).toBe(0);
    expect(stderr).toContain('"event":"closed"');
    expect(stderr).not.toContain('job-store-failed');
    const { url, until } = await start(stateDir);
    await until(/"event":"jobs-recovered","queued":[12]/);
    const jobs = await allEnded(url);
    expect(jobs.map(({ id }) => id).sort()).toEqual(ids.sort());
    for (const job of jobs) expect(job).toMatchObject({ state: 'succeeded', attempts: 1 });
  });

  it('is refused where another process uses the folder, which goes on', async () => {
    const stateDir = await temporaryFolder();
    const service = await start(stateDir);
    const second = startNode([
      ...[MAIN, 'serve', '--port', '0', '--workers', '1', '--models-dir', toy.modelsDir],
      ...['--state-dir', stateDir],
    ]);
    const { code, stderr } = await second.ended;
    expect(code).toBe(2);
    expect(stderr).toContain(`${stateDir} is in use by process ${service.pid}`);
    expect((await post(service.url, 1)).state).toBe('queued');
  });

  it('says so where the folder cannot be used, and lets nobody else look into it', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'file');
    await writeFile(file, '');
    const damaged = join(folder, 'damaged');
    await mkdir(join(damaged, 'jobs'), { recursive: true });
    await writeFile(join(damaged, 'jobs/data.mdb'), 'x'.repeat(100_000));
    for (const [stateDir, says] of [
      [file, /it is a file/],
      [damaged, /cannot be opened.*--state-dir/],
    ] as const) {
      const { code, stderr } = await startNode([
        ...[MAIN, 'serve', '--port', '0', '--workers', '1', '--models-dir', toy.modelsDir],
        ...['--state-dir', stateDir],
      ]).ended;
      expect(code, stderr).toBeGreaterThan(0);
      expect(stderr).toMatch(says);
    }
    const fresh = join(folder, 'new/state');
    await start(fresh);
    expect((await stat(fresh)).mode & 0o777).toBe(0o700);
  });
});
