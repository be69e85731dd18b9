import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { strFromU8, unzipSync } from 'fflate';
import request from 'supertest';
import { describe, expect, it, vi } from 'vitest';
import { WeightspringError } from '../../src/errors.js';
import type { Networks } from '../../server/schemas.js';
import { FLOW } from './fake-source.js';
import { GOOD, testApp, type TestApp } from './test-app.js';

/** A body of a binary answer, which supertest collects as a buffer. */
function bytesOf({ body }: request.Response): Buffer {
  if (!Buffer.isBuffer(body)) throw new Error('the answer is no binary');
  return body;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What the fake flow's networks are integrated with unless a request says otherwise. */
const EULER = {
  solver: 'euler',
  timeGrid: 'uniform',
  stochasticity: { strength: 0, from: 0, to: 1 },
} as const;

describe('POST /v1/networks', () => {
  it('answers with the file, its digest, its place and its seed', async () => {
    const { app, source } = testApp();
    const response = await request(app).post('/v1/networks').send(GOOD).expect(200);
    const id = sha256(bytesOf(response));
    expect(response.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      etag: `"${id}"`,
      location: `/v1/networks/${id}`,
      'weightspring-seed': '7',
      'weightspring-extrapolated': 'false',
      'content-disposition': 'attachment; filename=wdbc-30-16-16-2-seed7.onnx',
    });
    expect(source.jobs).toEqual([
      {
        flow: 'wdbc',
        configSha256: FLOW.configSha256,
        architecture: { layers: [30, 16, 16, 2], activation: 'relu' },
        seed: 7,
        firstIndex: 0,
        count: 1,
        steps: 16,
        ...EULER,
        format: 'onnx',
        inputScaling: 'folded',
      },
    ]);
  });

  it("gives the flow's usual architecture to a request that names none, and tells which", async () => {
    const { app, source } = testApp();
    const answer = await request(app)
      .post('/v1/networks')
      .set('Accept', 'application/json')
      .send({ flow: 'wdbc' })
      .expect(200);
    expect(source.jobs[0]?.architecture).toEqual({ layers: [30, 16, 16, 2], activation: 'relu' });
    expect((answer.body as Networks).architecture).toEqual(source.jobs[0]?.architecture);
    const flow = await request(app).get('/v1/flows/wdbc').expect(200);
    expect(flow.body).toMatchObject({ usualArchitecture: source.jobs[0]?.architecture });
  });

  it('asks for an architecture where the flow knows of no zoo', async () => {
    const { app, source } = testApp();
    source.flowList = [{ ...FLOW, architectures: [], usualArchitecture: null }];
    const answer = await request(app).post('/v1/networks').send({ flow: 'wdbc' }).expect(422);
    expect(answer.body).toMatchObject({ code: 'invalid-argument', field: 'architecture' });
  });

  it('takes a perceptron as a graph for what it is', async () => {
    const { app, source } = testApp();
    const nodes = [
      { op: 'dense', units: 8, id: '0', inputs: ['input'] },
      { op: 'activation', function: 'tanh' },
      { op: 'dense', units: 2 },
    ];
    const graph = { flow: 'wdbc', architecture: { input: [30], nodes } };
    await request(app).post('/v1/networks').send(graph).expect(200);
    expect(source.jobs[0]?.architecture).toEqual({ layers: [30, 8, 2], activation: 'tanh' });
  });

  it('passes on what the request chooses', async () => {
    const { app, source } = testApp();
    const architecture = { layers: [30, 8, 2], activation: 'tanh' };
    const chosen = { flow: 'wdbc', architecture, seed: 2 ** 53 - 1, steps: 4, format: 'npz' };
    const response = await request(app).post('/v1/networks').send(chosen).expect(200);
    expect(source.jobs[0]).toMatchObject(chosen);
    expect(response.headers['content-disposition']).toMatch(/\.npz$/);
  });

  it.each([
    [{ solver: 'heun' }, { ...EULER, solver: 'heun' }],
    [
      { solver: 'rk4', timeGrid: 'quadratic' },
      { ...EULER, solver: 'rk4', timeGrid: 'quadratic' },
    ],
    [{ stochasticity: 0.05 }, { ...EULER, stochasticity: { strength: 0.05, from: 0, to: 1 } }],
    [
      { stochasticity: { strength: 0.1, from: 0.25, to: 0.75 } },
      { ...EULER, stochasticity: { strength: 0.1, from: 0.25, to: 0.75 } },
    ],
  ])('integrates as the request says, and tells so: %j', async (chosen, sampling) => {
    const { app, source } = testApp();
    const ask = { ...GOOD, ...chosen, steps: 3, count: 2 };
    const told = await request(app).post('/v1/networks').accept('application/json').send(ask);
    expect(told.body).toMatchObject({ ...sampling, steps: 3 });
    const zip = await request(app).post('/v1/networks').responseType('blob').send(ask).expect(200);
    const manifest: unknown = JSON.parse(strFromU8(unzipSync(bytesOf(zip))['manifest.json']!));
    expect(manifest).toMatchObject({ ...sampling, steps: 3 });
    expect(source.jobs).toHaveLength(2);
    for (const job of source.jobs) expect(job).toMatchObject({ ...sampling, steps: 3 });
  });

  it.each([
    [{ format: 'npz' }, 'folded'],
    [{ format: 'npz', inputScaling: 'folded' }, 'folded'],
    [{ format: 'safetensors', inputScaling: 'separate' }, 'separate'],
    [{ format: 'onnx', inputScaling: 'folded' }, 'folded'],
  ])(
    'makes weights for raw features unless told otherwise, and says so: %j',
    async (chosen, is) => {
      const { app, source } = testApp();
      const ask = { ...GOOD, ...chosen, count: 2 };
      const told = await request(app).post('/v1/networks').accept('application/json').send(ask);
      expect(told.body).toMatchObject({ inputScaling: is });
      const zip = await request(app)
        .post('/v1/networks')
        .responseType('blob')
        .send(ask)
        .expect(200);
      const manifest: unknown = JSON.parse(strFromU8(unzipSync(bytesOf(zip))['manifest.json']!));
      expect(manifest).toMatchObject({ inputScaling: is });
      // Files that compute different functions of the same features do not share a name.
      const name = zip.headers['content-disposition'] as string;
      expect(name.includes('-separate')).toBe(is === 'separate');
      expect(source.jobs.map(({ inputScaling }) => inputScaling)).toEqual([is, is]);
    },
  );

  it('writes balanced weights if asked, and says so', async () => {
    const { app, source } = testApp();
    const post = () => request(app).post('/v1/networks').accept('application/json');
    const told = await post().send({ ...GOOD, weightScale: 'balanced' });
    expect(told.body).toMatchObject({ weightScale: 'balanced' });
    for (const ask of [{ ...GOOD, weightScale: 'sampled' }, GOOD]) {
      expect((await post().send(ask).expect(200)).body).not.toHaveProperty('weightScale');
    }
    expect(source.jobs.map(({ weightScale }) => weightScale)).toEqual([
      'balanced',
      'sampled',
      undefined,
    ]);
  });

  it('answers with one file for an ensemble, of the networks of that count', async () => {
    const { app, source } = testApp();
    const ask = { ...GOOD, ensemble: 64, memberProbabilities: true };
    const response = await request(app).post('/v1/networks').send(ask).expect(200);
    const id = sha256(bytesOf(response));
    expect(response.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      etag: `"${id}"`,
      location: `/v1/networks/${id}`,
      'content-disposition': 'attachment; filename=wdbc-30-16-16-2-seed7-ensemble64.onnx',
    });
    expect(source.jobs[0]).toMatchObject({ count: 64, ensemble: 64, memberProbabilities: true });
    const told = await request(app).post('/v1/networks').accept('application/json').send(ask);
    expect(told.headers.location).toBe(`/v1/networks/${id}`);
    expect(told.body).toMatchObject({
      ensemble: 64,
      memberProbabilities: true,
      networks: [{ id, certificate: null, metadata: { ensemble: '64' } }],
    });
    const metrics = await request(app).get('/metrics');
    expect(metrics.text).toMatch(/weightspring_networks_generated_total{flow="wdbc"} 128/);
  });

  it.each([
    [{ ensemble: 1 }, 'ensemble', /2/],
    [{ ensemble: 257 }, 'ensemble', /256/],
    [{ ensemble: 2.5 }, 'ensemble', /int/],
    [{ ensemble: 4, count: 3 }, 'count', /a count of 3 and an ensemble of 4/],
    [{ ensemble: 4, format: 'npz' }, 'format', /ask for onnx/],
    [{ ensemble: 4, inputScaling: 'separate' }, 'inputScaling', /raw features/],
    [{ memberProbabilities: true }, 'memberProbabilities', /only an ensemble/],
  ])('refuses what does not go together with an ensemble: %j', async (chosen, field, why) => {
    const { app, source } = testApp();
    const response = await request(app)
      .post('/v1/networks')
      .send({ ...GOOD, ...chosen })
      .expect(422);
    expect(response.body).toMatchObject({ field });
    expect((response.body as { detail: string }).detail).toMatch(why);
    expect(source.jobs).toEqual([]);
  });

  it('names the ensemble that would do where one is too large', async () => {
    const limits = { maxOperations: 16 * 100 * 16 * 16 * 10, maxBytes: 8_000_000 };
    const post = (app: TestApp['app'], ensemble: number, changes: object = {}) =>
      request(app)
        .post('/v1/networks')
        .send({ ...GOOD, ensemble, ...changes })
        .expect(413);
    const costly = await post(testApp({ limits }).app, 11);
    expect(costly.body).toMatchObject({ field: 'ensemble' });
    expect((costly.body as { detail: string }).detail).toContain('an ensemble of 10 or 14 steps');
    const few = await post(testApp({ limits: { ...limits, maxOperations: 16 * 25_600 } }).app, 2);
    expect(few.body).toMatchObject({ field: 'steps' });
    const large = await post(testApp({ limits: { ...limits, maxBytes: 10_000 } }).app, 11);
    expect(large.body).toMatchObject({ field: 'ensemble' });
  });

  it('draws a seed where none is given, and a new one each time', async () => {
    const { app, source } = testApp();
    const { flow, architecture } = GOOD;
    const seeds = [];
    for (let i = 0; i < 2; i++) {
      const response = await request(app).post('/v1/networks').send({ flow, architecture });
      seeds.push(Number(response.headers['weightspring-seed']));
    }
    expect(seeds).toEqual(source.jobs.map(({ seed }) => seed));
    expect(seeds[0]).not.toBe(seeds[1]);
    expect(seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0)).toBe(true);
  });

  it.each([
    '*/*',
    'application/json, text/plain, */*',
    'application/*',
    'application/octet-stream',
  ])('sends the file to a client that accepts %s', async (accept) => {
    const { app } = testApp();
    const response = await request(app).post('/v1/networks').set('Accept', accept).send(GOOD);
    expect(response.status).toBe(200);
    expect(response.headers['content-type']).toBe('application/octet-stream');
  });

  it('describes the networks, each with its link, to clients that accept JSON only', async () => {
    const { app } = testApp();
    const response = await request(app)
      .post('/v1/networks')
      .accept('application/json')
      .send({ ...GOOD, count: 2 })
      .expect(200);
    const { networks, ...rest } = response.body as Networks;
    expect(rest).toEqual({
      flow: 'wdbc',
      architecture: { layers: [30, 16, 16, 2], activation: 'relu' },
      seed: 7,
      steps: 16,
      ...EULER,
      format: 'onnx',
      inputScaling: 'folded',
      extrapolated: false,
    });
    expect(networks.map(({ fileName }) => fileName)).toEqual([
      'wdbc-30-16-16-2-seed7-0.onnx',
      'wdbc-30-16-16-2-seed7-1.onnx',
    ]);
    for (const { id, href, sizeBytes } of networks) {
      const bytes = bytesOf(await request(app).get(href!).expect(200));
      expect(sha256(bytes)).toBe(id);
      expect(bytes.byteLength).toBe(sizeBytes);
    }
  });

  it('marks what lies outside the hull of the zoo, whatever the form of the answer', async () => {
    const { app } = testApp();
    const ask = { ...GOOD, architecture: { layers: [30, 17, 16, 2] } };
    const post = (body: object, accept: string) =>
      request(app).post('/v1/networks').accept(accept).send(body).expect(200);
    const file = await post(ask, '*/*');
    const zip = await post({ ...ask, count: 2 }, '*/*');
    const told = await post({ ...ask, count: 2 }, 'application/json');
    for (const { headers } of [file, zip, told]) {
      expect(headers['weightspring-extrapolated']).toBe('true');
    }
    expect(told.body).toMatchObject({
      extrapolated: true,
      networks: [{ extrapolated: true }, { extrapolated: true }],
    });
    for (const { headers } of [file, zip]) {
      const again = await request(app).get(headers.location!).expect(200);
      expect(again.headers['weightspring-extrapolated']).toBe('true');
    }
  });

  it.each([
    ['*/*', 'application/zip'],
    ['application/octet-stream', 'application/octet-stream'],
  ])('packs several networks into a zip file for %s', async (accept, mediaType) => {
    const { app } = testApp();
    const response = await request(app)
      .post('/v1/networks')
      .set('Accept', accept)
      .responseType('blob')
      .send({ ...GOOD, count: 3 })
      .expect(200);
    expect(response.headers['content-type']).toBe(mediaType);
    expect(response.headers.etag).toBe(`"${sha256(bytesOf(response))}"`);
    const files = unzipSync(bytesOf(response));
    const manifest = JSON.parse(strFromU8(files['manifest.json']!)) as {
      seed: number;
      networks: { file: string; sha256: string }[];
    };
    expect(manifest.seed).toBe(7);
    expect(manifest.networks).toHaveLength(3);
    for (const network of manifest.networks) {
      expect(sha256(files[network.file]!)).toBe(network.sha256);
    }
  });

  it.each([1, 2])('names no place for %i files that are not kept', async (count) => {
    const { app } = testApp({ maxKeptBytes: 0 });
    const ask = () => request(app).post('/v1/networks');
    const file = await ask()
      .send({ ...GOOD, count })
      .expect(200);
    expect(file.headers).not.toHaveProperty('location');
    expect(file.headers).toHaveProperty('etag');
    const told = await ask()
      .accept('application/json')
      .send({ ...GOOD, count })
      .expect(200);
    expect(told.headers).not.toHaveProperty('location');
    const { networks } = told.body as Networks;
    expect(networks.map(({ href }) => href)).toEqual(Array(count).fill(null));
  });

  it('names a place for those of several files that are kept', async () => {
    const { app } = testApp({ maxKeptBytes: 3_000 });
    const told = await request(app)
      .post('/v1/networks')
      .accept('application/json')
      .send({ ...GOOD, count: 4 })
      .expect(200);
    const { networks } = told.body as Networks;
    const kept = networks.map(({ href }) => href !== null);
    expect(kept[0]).toBe(false);
    expect(kept[3]).toBe(true);
  });

  it('is for no cache, since each answer is new', async () => {
    const { app } = testApp();
    const response = await request(app).post('/v1/networks').send(GOOD).expect(200);
    expect(response.headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Accept' });
  });

  it('answers 503 with Retry-After when too many requests wait', async () => {
    const { app, source } = testApp();
    source.failure = new WeightspringError('overloaded', '64 wait', { retryAfterSeconds: 3 });
    const response = await request(app).post('/v1/networks').send(GOOD).expect(503);
    expect(response.headers['retry-after']).toBe('3');
    expect(response.body).toMatchObject({ code: 'overloaded', detail: '64 wait' });
  });

  it.each([
    ['job-timeout', 504, 'longer than 120000 ms'],
    ['worker-lost', 503, 'the process that generated the networks ended'],
    ['diverged', 422, 'not finite: use another seed'],
  ] as const)('answers what was accepted and failed by %s with %i', async (code, status, why) => {
    const { app, source } = testApp();
    source.failure = new WeightspringError(code, why);
    const response = await request(app).post('/v1/networks').send(GOOD).expect(status);
    expect(response.body).toMatchObject({ code, detail: why });
  });

  it('keeps the reason of an internal error for its log', async () => {
    const { app, source, logged } = testApp();
    source.failure = new Error('secret /path');
    const response = await request(app)
      .post('/v1/networks')
      .set('X-Request-Id', 'mine')
      .send(GOOD)
      .expect(500);
    expect(response.headers['content-type']).toBe('application/problem+json');
    expect(response.text).not.toContain('secret');
    expect(response.body).toMatchObject({ code: 'internal', requestId: 'mine' });
    const failure = logged.find(({ event }) => event === 'request-failed');
    expect(failure?.fields.requestId).toBe('mine');
    expect(failure?.fields.reason).toContain('secret /path');
    source.failure = undefined;
    await request(app).post('/v1/networks').send(GOOD).expect(200);
  });

  it('withdraws the job of a client that leaves', async () => {
    const { app, source } = testApp();
    source.delayMs = 60_000;
    const server = createServer(app).listen(0);
    try {
      const { port } = server.address() as AddressInfo;
      const client = new AbortController();
      const answer = fetch(`http://127.0.0.1:${port}/v1/networks`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(GOOD),
        signal: client.signal,
      });
      await vi.waitFor(() => {
        expect(source.signals).toHaveLength(1);
      });
      client.abort();
      await expect(answer).rejects.toThrow();
      await vi.waitFor(() => {
        expect(source.signals[0]?.aborted).toBe(true);
      });
    } finally {
      server.close();
    }
  });
});

describe('GET /v1/networks/{id}', () => {
  it('serves a generated file again, under the same validator', async () => {
    const { app } = testApp();
    const made = await request(app).post('/v1/networks').send(GOOD);
    const location = made.headers.location!;
    const again = await request(app).get(location).expect(200);
    expect(bytesOf(again)).toEqual(bytesOf(made));
    expect(again.headers.etag).toBe(made.headers.etag);
    await request(app).get(location).set('If-None-Match', made.headers.etag!).expect(304);
    const record = await request(app).get(location).accept('application/json').expect(200);
    expect(record.body).toMatchObject({ href: location, metadata: { flow: 'wdbc', seed: '7' } });
  });

  it('tells the certificate of a network, and none of a zip file', async () => {
    const { app } = testApp();
    const json = await request(app).post('/v1/networks').send(GOOD).accept('application/json');
    const { networks } = json.body as Networks;
    expect(networks[0]?.certificate).toEqual({
      noveltyDistance: 12.5,
      noveltyRatio: 0.98,
      noveltyNearestRun: 3,
      noveltyRuns: 50,
      noveltyMedianRatio: null,
      noveltyReason: null,
      weightsSha256: '0'.repeat(64),
    });
    const zip = await request(app)
      .post('/v1/networks')
      .send({ ...GOOD, count: 2 });
    const record = await request(app).get(zip.headers.location!).accept('application/json');
    expect(record.body).toMatchObject({ certificate: null });
  });

  it('may be cached for ever as a file, which a digest names, and by its client alone', async () => {
    const { app } = testApp();
    const made = await request(app).post('/v1/networks').send(GOOD);
    const location = made.headers.location!;
    const cacheControl = 'private, max-age=31536000, immutable';
    const expected = { 'cache-control': cacheControl, vary: 'Accept', etag: made.headers.etag };
    expect((await request(app).get(location).expect(200)).headers).toMatchObject(expected);
    expect((await request(app).head(location).expect(200)).headers).toMatchObject({
      ...expected,
      'content-length': made.headers['content-length'],
    });
    const { headers } = await request(app)
      .get(location)
      .set('If-None-Match', made.headers.etag!)
      .expect(304);
    expect(headers).toMatchObject(expected);
    const record = await request(app).get(location).accept('application/json').expect(200);
    expect(record.headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Accept' });
    const refused = await request(app).get(location).accept('image/png').expect(406);
    expect(refused.headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Accept' });
  });

  it.each(['0'.repeat(64), 'nonsense', '..%2f..%2fetc%2fpasswd'])('has no %s', async (id) => {
    const { app } = testApp();
    const response = await request(app).get(`/v1/networks/${id}`).expect(404);
    expect(response.body).toMatchObject({ code: 'not-found' });
  });
});
