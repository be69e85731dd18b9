import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import request from 'supertest';
import { describe, expect, it, vi } from 'vitest';
import { jobSchema, listedJobSchema, type JobList } from '../../../server/jobs/job-schemas.js';
import { WeightspringError } from '../../../src/errors.js';
import { ringOf, testKey } from '../identity/test-keys.js';
import { GOOD, testApp } from '../test-app.js';
import { jobOf, jobsApp, post, until } from './jobs-app.js';

const JOB = { kind: 'networks', request: GOOD };

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('POST /v1/jobs', () => {
  it('accepts a job, tells where it is, and makes a file for each network', async () => {
    const { app, source } = await jobsApp();
    const body = { ...JOB, request: { ...GOOD, count: 70 }, priority: 3, deadlineMs: 60_000 };
    const answer = await request(app).post('/v1/jobs').send(body).expect(202);
    const accepted = jobSchema.parse(answer.body);
    expect(answer.headers.location).toBe(`/v1/jobs/${accepted.id}`);
    expect(accepted).toMatchObject({
      kind: 'networks',
      state: 'queued',
      href: `/v1/jobs/${accepted.id}`,
      priority: 3,
      progress: { done: 0, total: 70 },
      request: { flow: 'wdbc', seed: 7, count: 70 },
      files: null,
    });
    expect(Date.parse(accepted.deadlineAt) - Date.parse(accepted.createdAt)).toBe(60_000);
    const done = jobSchema.parse(await until(app, accepted.id, 'succeeded'));
    expect(source.jobs.map(({ firstIndex, count }) => [firstIndex, count])).toEqual([
      [0, 32],
      [32, 32],
      [64, 6],
    ]);
    expect(done.files).toHaveLength(70);
    expect(new Set(done.files!.map(({ id }) => id)).size).toBe(70);
    expect(done.files!.map(({ fileName }) => fileName)).toEqual(
      Array.from({ length: 70 }, (_, index) => `wdbc-30-16-16-2-seed7-${index}.onnx`),
    );
    const metrics = await request(app).get('/metrics');
    expect(metrics.text).toMatch(/weightspring_networks_generated_total{flow="wdbc"} 70/);
    expect(metrics.text).toMatch(
      /weightspring_jobs_finished_total{kind="networks",state="succeeded"} 1/,
    );
    expect(metrics.text).toMatch(/weightspring_stored_bytes [1-9]/);
    expect(metrics.text).toMatch(/weightspring_job_wait_seconds_count 1/);
  });

  it('serves the files as those of a request: ETag, conditions, JSON, also after a restart', async () => {
    const before = await jobsApp();
    const { id } = await post(before.app, { ...JOB, request: { ...GOOD, format: 'npz' } });
    const [file] = (await until(before.app, id, 'succeeded')).files!;
    const { app } = await before.restart();
    expect((await jobOf(app, id)).files).toEqual([file]);
    const href = file!.href!;
    const answer = await request(app).get(href).responseType('blob').expect(200);
    const bytes = answer.body as Buffer;
    expect(sha256(bytes)).toBe(file!.id);
    expect(bytes).toHaveLength(file!.sizeBytes);
    expect(answer.headers).toMatchObject({
      etag: `"${file!.id}"`,
      'weightspring-extrapolated': 'false',
      'cache-control': 'private, max-age=31536000, immutable',
      'content-disposition': `attachment; filename=${file!.fileName}`,
    });
    await request(app).get(href).set('If-None-Match', `"${file!.id}"`).expect(304);
    const told = await request(app).get(href).accept('application/json').expect(200);
    expect(told.body).toMatchObject({ id: file!.id, href, metadata: { flow: 'wdbc', seed: '7' } });
  });

  it('draws a seed that is left out when it accepts, and keeps to it', async () => {
    const { app, source } = await jobsApp();
    const { id, request: asked } = await post(app, { kind: 'networks', request: { flow: 'wdbc' } });
    expect(asked.seed).toBeTypeOf('number');
    await until(app, id, 'succeeded');
    expect(source.jobs[0]?.seed).toBe(asked.seed);
  });

  it('makes one file of an ensemble, in one piece', async () => {
    const { app, source } = await jobsApp();
    const { id } = await post(app, { kind: 'networks', request: { ...GOOD, ensemble: 64 } });
    const { files, progress } = await until(app, id, 'succeeded');
    expect(files).toHaveLength(1);
    expect(progress).toEqual({ done: 64, total: 64 });
    expect(source.jobs).toHaveLength(1);
  });

  it('takes labelled rows, which it does not repeat', async () => {
    const { app, source } = await jobsApp();
    const rows = Array.from({ length: 300 }, (_, index) => Array.from({ length: 30 }, () => index));
    const guide = { rows, labels: rows.map((_row, index) => index % 2) };
    const { id } = await post(app, { kind: 'networks', request: { ...GOOD, guide } });
    const done = await until(app, id, 'succeeded');
    expect(done.request).not.toHaveProperty('guide');
    expect(source.jobs[0]?.guide?.data.labels).toHaveLength(300);
  });

  it.each([
    [{}, 'kind'],
    [{ kind: 'zoos', request: GOOD }, 'kind'],
    [{ kind: 'networks' }, 'request'],
    [{ kind: 'networks', request: {} }, 'request.flow'],
    [{ ...JOB, more: 1 }, 'more'],
    [{ ...JOB, priority: 11 }, 'priority'],
    [{ ...JOB, priority: '1' }, 'priority'],
    [{ ...JOB, deadlineMs: 10 }, 'deadlineMs'],
    [{ ...JOB, request: { ...GOOD, count: 257 } }, 'request.count'],
    [{ ...JOB, request: { ...GOOD, steps: 1_000 } }, 'request.steps'],
    [{ ...JOB, request: { ...GOOD, ensemble: 2, count: 2 } }, 'request.count'],
    [{ ...JOB, request: { ...GOOD, guide: { rows: [[1]], labels: [0] } } }, 'request.guide.rows'],
    [
      { ...JOB, request: { ...GOOD, architecture: { layers: Array(1e4).fill('x') } } },
      'request.architecture.layers',
    ],
    [
      {
        ...JOB,
        request: {
          ...GOOD,
          architecture: { input: [30], nodes: [{ op: 'dense', inputs: Array(1e4).fill(1) }] },
        },
      },
      'request.architecture.nodes[0].inputs',
    ],
  ])('refuses what is not as expected, and names the field: %#', async (body, field) => {
    const { app, jobs } = await jobsApp();
    const answer = await request(app).post('/v1/jobs').send(body).expect(422);
    expect(answer.body).toMatchObject({ field });
    expect((await jobs.store.list({ limit: 1 })).jobs).toEqual([]);
  });

  it.each([
    [{ flow: 'nobody' }, 404],
    [{ ...GOOD, architecture: { layers: [30, 2, 2, 2] } }, 422],
    [{ ...GOOD, count: 256, steps: 256 }, 413],
  ])('refuses what a request would be refused for: %j', async (asked, status) => {
    const { app } = await jobsApp({ limits: { maxOperations: 1e7, maxBytes: 8e6 } });
    const sync = await request(app).post('/v1/networks').send(asked).expect(status);
    const later = await request(app).post('/v1/jobs').send({ kind: 'networks', request: asked });
    const { code, detail, field } = sync.body as Record<string, string>;
    expect(later.body).toMatchObject({ status, code, detail, field: `request.${field!}` });
  });

  it('does not accept what the device would be refused for', async () => {
    const { app, source } = await jobsApp({ requireDevice: true });
    source.where = { provider: 'cpu', requested: 'cuda', fallbackReason: 'no driver' };
    const answer = await request(app).post('/v1/jobs').send(JOB).expect(503);
    expect(answer.body).toMatchObject({ code: 'provider-unavailable' });
  });

  it('takes so many and no more, with a word on when to come back', async () => {
    const { app, source } = await jobsApp({ mostUnfinished: 2 });
    source.delayMs = 60_000;
    await post(app, JOB);
    await post(app, JOB);
    const answer = await request(app).post('/v1/jobs').send(JOB).expect(503);
    expect(answer.body).toMatchObject({ code: 'overloaded' });
    expect(answer.headers['retry-after']).toBe('10');
  });

  it('says so where the disk does not take a job', async () => {
    const { app, jobs } = await jobsApp();
    vi.spyOn(jobs.store, 'add').mockRejectedValueOnce(new Error('MDB_MAP_FULL at /secret'));
    const answer = await request(app).post('/v1/jobs').send(JOB).expect(503);
    expect(answer.headers['retry-after']).toBe('30');
    expect(JSON.stringify(answer.body)).not.toContain('secret');
  });

  it('fails with the problem that a request would be answered with', async () => {
    const { app, source } = await jobsApp();
    source.failure = new WeightspringError('diverged', 'these steps are too few', {
      field: 'steps',
    });
    const { id } = await post(app, JOB);
    expect(await until(app, id, 'failed')).toMatchObject({
      files: null,
      problem: {
        type: 'urn:weightspring:problem:diverged',
        status: 422,
        code: 'diverged',
        detail: 'these steps are too few',
        field: 'steps',
      },
    });
  });

  it('waits for a queue that requests have filled, and counts that as no attempt', async () => {
    const { app, source } = await jobsApp();
    source.failure = new WeightspringError('overloaded', 'full', { retryAfterSeconds: 0.01 });
    const { id } = await post(app, JOB);
    await vi.waitFor(() => {
      expect(source.jobs.length).toBeGreaterThan(3);
    });
    source.failure = undefined;
    expect(await until(app, id, 'succeeded')).toMatchObject({ attempts: 1 });
  });

  it('lets requests pass jobs: of 12 jobs one is drawn at a time', async () => {
    const { app, source, jobs } = await jobsApp();
    source.delayMs = 1_000;
    for (let seed = 0; seed < 12; seed++) {
      await post(app, { kind: 'networks', request: { ...GOOD, seed } });
    }
    await request(app).post('/v1/networks').send(GOOD).expect(200);
    const { queued, running } = jobs.store.counts();
    expect(running).toBeLessThanOrEqual(1);
    expect(queued).toBeGreaterThan(0);
    expect(source.mostAtOnce).toBeLessThanOrEqual(2);
    source.delayMs = 0;
    await vi.waitFor(
      () => {
        expect(jobs.store.counts()).toEqual({ queued: 0, running: 0 });
      },
      { timeout: 50_000 },
    );
    expect(source.mostAtOnce).toBeLessThanOrEqual(2);
    expect(source.jobs).toHaveLength(13);
  });
});

describe('Idempotency-Key', () => {
  it('gives the same job to the same request, quoted or not, also after a restart', async () => {
    const before = await jobsApp();
    const ids = await Promise.all(
      ['"k 1"', '"k 1"', '"k 1"'].map(async (key) => {
        return (
          await post(
            before.app,
            { kind: 'networks', request: { flow: 'wdbc' } },
            { 'Idempotency-Key': key },
          )
        ).id;
      }),
    );
    expect(new Set(ids).size).toBe(1);
    const bare = await post(before.app, JOB, { 'Idempotency-Key': 'abc-1' });
    const { app, source } = await before.restart();
    expect((await post(app, JOB, { 'Idempotency-Key': '"abc-1"' })).id).toBe(bare.id);
    const other = await post(app, JOB, { 'Idempotency-Key': 'ABC-1' });
    expect(other.id).not.toBe(bare.id);
    await until(app, other.id, 'succeeded');
    expect(source.jobs.length).toBeLessThanOrEqual(3);
  });

  it.each([{ priority: 1 }, { deadlineMs: 5_000 }, { request: { ...GOOD, seed: 8 } }])(
    'refuses another request with the same key: %j',
    async (changes) => {
      const { app } = await jobsApp();
      await post(app, JOB, { 'Idempotency-Key': 'k' });
      const answer = await request(app)
        .post('/v1/jobs')
        .set('Idempotency-Key', 'k')
        .send({ ...JOB, ...changes })
        .expect(422);
      expect(answer.body).toMatchObject({ code: 'idempotency-key-reused' });
    },
  );

  it('leaves the key to another request where one was refused', async () => {
    const { app } = await jobsApp();
    const key = { 'Idempotency-Key': 'k' };
    await request(app)
      .post('/v1/jobs')
      .set(key)
      .send({ ...JOB, priority: 99 })
      .expect(422);
    await post(app, JOB, key);
  });

  it.each(['""', '"', '"a"b"', 'a b', 'x'.repeat(256), `"${'x'.repeat(256)}"`, '"\\x"'])(
    'refuses what is no key: %j',
    async (key) => {
      const { app } = await jobsApp();
      const answer = await request(app).post('/v1/jobs').set('Idempotency-Key', key).send(JOB);
      expect(answer.body).toMatchObject({ status: 400, code: 'malformed-request' });
    },
  );
});

describe('Prefer: respond-async', () => {
  it.each([
    'respond-async',
    'Respond-Async; x',
    'wait=10, respond-async',
    'handling=lenient,respond-async',
  ])('makes a job of a request: %s', async (prefer) => {
    const { app } = await jobsApp();
    const answer = await request(app).post('/v1/networks').set('Prefer', prefer).send(GOOD);
    expect(answer.status).toBe(202);
    expect(answer.headers['preference-applied']).toBe('respond-async');
    const { id } = jobSchema.parse(answer.body);
    expect(answer.headers.location).toBe(`/v1/jobs/${id}`);
    await until(app, id, 'succeeded');
  });

  it.each(['respond-asynchronously', 'return=minimal', 'x'.repeat(5_000)])(
    'is nothing else: %#',
    async (prefer) => {
      const { app } = await jobsApp();
      await request(app).post('/v1/networks').set('Prefer', prefer).send(GOOD).expect(200);
    },
  );

  it('names the fields of the body as they are there', async () => {
    const { app } = await jobsApp();
    const answer = await request(app)
      .post('/v1/networks')
      .set('Prefer', 'respond-async')
      .send({ ...GOOD, steps: 1_000 })
      .expect(422);
    expect(answer.body).toMatchObject({ field: 'steps' });
  });
});

describe('jobs of keys', () => {
  it('and their files are there for the key that sent them, and for no other', async () => {
    const [ann, ben] = [testKey(), testKey()];
    const { app } = await jobsApp({ keys: ringOf(ann, ben) });
    const sent = await request(app).post('/v1/jobs').set(ann.header).send(JOB).expect(202);
    const path = sent.headers.location!;
    const done = await vi.waitFor(async () => {
      const answer = await request(app).get(path).set(ann.header).expect(200);
      expect(answer.body).toMatchObject({ state: 'succeeded' });
      return jobSchema.parse(answer.body);
    }, 30_000);
    const href = done.files![0]!.href!;
    await request(app).get(href).set(ann.header).expect(200);
    for (const hidden of [path, `${path}/events`, href]) {
      await request(app).get(hidden).set(ben.header).expect(404);
      await request(app).get(hidden).expect(401);
    }
    await request(app).delete(path).set(ben.header).expect(404);
    await request(app).delete(href).set(ben.header).expect(404);
    const list = await request(app).get('/v1/jobs').set(ben.header).expect(200);
    expect(list.body).toEqual({ jobs: [], next: null });
    await request(app).delete(href).set(ann.header).expect(204);
    await request(app).get(href).set(ann.header).expect(404);
  });

  it('take a key for generate', async () => {
    const reader = testKey({ scopes: ['create'] });
    const { app } = await jobsApp({ keys: ringOf(reader) });
    await request(app).post('/v1/jobs').set(reader.header).send(JOB).expect(403);
  });
});

describe('GET and DELETE /v1/jobs', () => {
  it('are described where they are there', async () => {
    const { app } = await jobsApp();
    const answer = await request(app).get('/openapi.json').expect(200);
    const { paths } = answer.body as { paths: Record<string, object> };
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['/v1/jobs', '/v1/jobs/{id}', '/v1/jobs/{id}/events']),
    );
    expect(Object.keys(paths['/v1/jobs']!)).toEqual(['post', 'get']);
  });

  it('lists the newest first, in pages, by state', async () => {
    const { app, source } = await jobsApp();
    source.delayMs = 60_000;
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) ids.push((await post(app, JOB)).id);
    await until(app, ids[0]!, 'running');
    await request(app).delete(`/v1/jobs/${ids[3]!}`).expect(200);
    const list = async (query: string): Promise<JobList> => {
      return (await request(app).get(`/v1/jobs${query}`).expect(200)).body as JobList;
    };
    const all = await list('');
    expect(all.jobs.map(({ id }) => id)).toEqual([...ids].reverse());
    expect(all.next).toBeNull();
    for (const job of all.jobs)
      expect(Object.keys(listedJobSchema.parse(job))).toEqual(Object.keys(job));
    const first = await list('?limit=2');
    expect(first.jobs.map(({ id }) => ids.indexOf(id))).toEqual([4, 3]);
    const second = await list(`?limit=2&cursor=${first.next!}`);
    expect(second.jobs.map(({ id }) => ids.indexOf(id))).toEqual([2, 1]);
    const queued = await list('?state=queued');
    expect(queued.jobs.map(({ id }) => ids.indexOf(id))).toEqual([4, 2, 1]);
    expect((await list('?state=cancelled')).jobs).toHaveLength(1);
    expect((await list('?state=failed')).jobs).toEqual([]);
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=-1',
    'limit=x',
    'state=done',
    'cursor=1',
    'page=2',
    'state=',
  ])('refuses a query that is not as expected: %s', async (query) => {
    const { app } = await jobsApp();
    const answer = await request(app).get(`/v1/jobs?${query}`).expect(422);
    expect(answer.body).toMatchObject({ field: query.split('=')[0] });
  });

  it('cancels a job that runs between two steps, and leaves one that has ended', async () => {
    const { app, source } = await jobsApp();
    source.delayMs = 60_000;
    const { id } = await post(app, JOB);
    await until(app, id, 'running');
    const gone = await request(app).delete(`/v1/jobs/${id}`).expect(200);
    expect(gone.body).toMatchObject({ state: 'cancelled', files: null, problem: null });
    await vi.waitFor(() => {
      expect(source.signals[0]?.aborted).toBe(true);
    });
    source.delayMs = 0;
    const next = await post(app, JOB);
    await until(app, next.id, 'succeeded');
    const done = await request(app).delete(`/v1/jobs/${next.id}`).expect(200);
    expect(done.body).toMatchObject({ state: 'succeeded' });
    expect((await jobOf(app, id)).state).toBe('cancelled');
  });

  it.each(['x', '00000000-0000-7000-8000-000000000000', 'a'.repeat(3_000), '%00', '..%2f..'])(
    'knows of no job %#',
    async (id) => {
      const { app } = await jobsApp();
      await request(app).get(`/v1/jobs/${id}`).expect(404);
      await request(app).delete(`/v1/jobs/${id}`).expect(404);
      await request(app).get(`/v1/jobs/${id}/events`).expect(404);
    },
  );

  it('allows no other methods', async () => {
    const { app } = await jobsApp();
    const { headers } = await request(app).put('/v1/jobs').expect(405);
    expect(headers.allow).toBe('GET, HEAD, POST, OPTIONS');
    await request(app).post('/v1/jobs/x').expect(405);
    await request(app).delete('/v1/jobs/x/events').expect(405);
  });

  it('are not there without a folder to keep jobs in, and a preference is ignored', async () => {
    const { app } = testApp();
    for (const path of ['/v1/jobs', '/v1/jobs/x', '/v1/jobs/x/events']) {
      const answer = await request(app).get(path).expect(404);
      expect((answer.body as { detail: string }).detail).toContain('--state-dir');
    }
    await request(app).post('/v1/jobs').send(JOB).expect(404);
    await request(app).post('/v1/networks').set('Prefer', 'respond-async').send(GOOD).expect(200);
  });

  it('has no address for files that are no longer kept', async () => {
    const { app } = await jobsApp({ maxAgeMs: 500 });
    const { id } = await post(app, JOB);
    const { files } = await until(app, id, 'succeeded');
    await vi.waitFor(
      async () => {
        expect((await jobOf(app, id)).files).toMatchObject([{ id: files![0]!.id, href: null }]);
      },
      { timeout: 10_000, interval: 50 },
    );
    await request(app).get(`/v1/networks/${files![0]!.id}`).expect(404);
  });

  it('go on after a restart, and none is run twice that had ended', async () => {
    const before = await jobsApp();
    before.source.delayMs = 60_000;
    const ended = await post(before.app, JOB);
    await request(before.app).delete(`/v1/jobs/${ended.id}`).expect(200);
    const ids = [(await post(before.app, JOB)).id, (await post(before.app, JOB)).id];
    await until(before.app, ids[0]!, 'running');
    before.jobs.leave();
    // As the pool does when the time to drain is over.
    await before.jobs.cancel('nobody');
    before.source.delayMs = 0;
    const { app, source } = await restartAborting(before);
    for (const id of ids) expect(await until(app, id, 'succeeded')).toMatchObject({ attempts: 1 });
    expect((await jobOf(app, ended.id)).state).toBe('cancelled');
    expect(source.jobs).toHaveLength(2);
  });
});

/** Restarts a service whose source withdraws what it has accepted. */
async function restartAborting(before: Awaited<ReturnType<typeof jobsApp>>) {
  before.source.withdrawAll();
  await delay(0);
  return before.restart();
}
