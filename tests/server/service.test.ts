import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { WeightspringError } from '../../src/errors.js';
import { LAYER_OPS } from '../../src/network/layers/registry.js';
import { ArtefactStore, detached } from '../../server/artefacts.js';
import { PROBLEMS } from '../../server/problems.js';
import { flowSchema, networkRequestSchema } from '../../server/schemas.js';
import { validate } from '../../server/validate.js';
import { thrownBy } from '../support/error-code.js';
import { FLOW } from './fake-source.js';
import { GOOD, testApp } from './test-app.js';

/** What a flow tells of its standardisation. */
const NORMALS = ['inputMean', 'inputScale'];

describe('flows', () => {
  it('are listed and told, with the bounds that are served', async () => {
    const { app, source } = testApp();
    const { inputMean, inputScale, ...listed } = FLOW;
    expect((await request(app).get('/v1/flows').expect(200)).body).toEqual({
      flows: [listed],
      refused: [],
      device: source.where,
    });
    const body: unknown = (await request(app).get('/v1/flows/wdbc').expect(200)).body;
    expect(body).toEqual({ ...listed, inputMean, inputScale });
    expect(flowSchema.parse(body)).toEqual(FLOW);
  });

  it('that are refused are listed beside them and told when they are asked for', async () => {
    const { app, source } = testApp();
    const refused = [{ name: 'bad', reason: 'config.json is not JSON' }];
    source.refusedList = refused;
    const list = await request(app).get('/v1/flows').expect(200);
    expect(list.body).toMatchObject({ flows: [{ name: FLOW.name }], refused });
    const detail = 'flow bad is not served: config.json is not JSON';
    const one = await request(app).get('/v1/flows/bad').expect(404);
    expect(one.body).toMatchObject({ code: 'not-found', detail });
    const job = await request(app)
      .post('/v1/networks')
      .send({ ...GOOD, flow: 'bad' })
      .expect(404);
    expect(job.body).toMatchObject({ detail, field: 'flow' });
    const ready = await request(app).get('/v2/health/ready').expect(200);
    expect(ready.body).toMatchObject({ ready: true, flows: 1, refused });
  });
});

describe('POST /v1/flows/reload', () => {
  it('answers what changed, and logs it', async () => {
    const { app, source, logged } = testApp();
    const refused = [{ name: 'bad', reason: 'it is bad' }];
    const changes = { added: ['a', 'b'], replaced: ['wdbc'], removed: [], refused };
    source.reloaded = changes;
    const response = await request(app).post('/v1/flows/reload').expect(200);
    expect(response.body).toEqual(changes);
    expect(logged).toMatchObject([
      { level: 'info', event: 'flows-reloaded', fields: { added: 'a b', replaced: 'wdbc' } },
      { level: 'warn', event: 'flow-refused', fields: { flow: 'bad', reason: 'it is bad' } },
      { event: 'request' },
    ]);
    await request(app).get('/v1/flows/reload').expect(405);
  });

  it('says that it failed, and only the log why', async () => {
    const { app, source, logged } = testApp();
    const cause = new Error('no folder at /secret/place');
    source.reloaded = new WeightspringError('reload-failed', 'as before', { cause });
    const response = await request(app).post('/v1/flows/reload').expect(503);
    expect(response.body).toMatchObject({ code: 'reload-failed', detail: 'as before' });
    expect(logged).toContainEqual({
      level: 'error',
      event: 'reload-failed',
      fields: { reason: 'no folder at /secret/place' },
    });
  });
});

describe('health', () => {
  it('is live in any case, and ready while a worker takes jobs', async () => {
    const { app, source } = testApp();
    await request(app).get('/v2/health/ready').expect(200);
    source.state = { ...source.state, alive: 0 };
    const response = await request(app).get('/v2/health/ready').expect(503);
    expect(response.body).toEqual({
      ready: false,
      reason: 'no process is there that generates networks',
      device: source.where,
      pool: source.state,
      flows: 1,
      refused: [],
    });
    source.state = { ...source.state, alive: 1, closing: true };
    await request(app).get('/v2/health/ready').expect(503);
    await request(app).get('/v2/health/live').expect(200, { live: true });
  });

  it('is not ready without a flow, and says what to do', async () => {
    const { app, source } = testApp();
    source.flowList = [];
    const response = await request(app).get('/v2/health/ready').expect(503);
    expect(response.body).toMatchObject({
      ready: false,
      reason: expect.stringContaining('reload the flows') as string,
      flows: 0,
    });
    await request(app).get('/v2/health/live').expect(200);
    source.flowList = [FLOW];
    await request(app).get('/v2/health/ready').expect(200);
  });

  it('tells the device, and does not mind one that stands in for another', async () => {
    const { app, source } = testApp();
    source.where = { provider: 'cpu', requested: 'cuda', fallbackReason: 'no driver' };
    const response = await request(app).get('/v2/health/ready').expect(200);
    expect(response.body).toMatchObject({ ready: true, device: source.where });
  });

  it('fails where the device is required, and no network is computed elsewhere', async () => {
    const { app, source } = testApp({ requireDevice: true });
    source.where = { provider: 'cpu', requested: 'cuda', fallbackReason: 'no driver' };
    const reason = 'expected device cuda, got cpu: no driver';
    const response = await request(app).get('/v2/health/ready').expect(503);
    expect(response.body).toMatchObject({ ready: false, reason });
    const refused = await request(app).post('/v1/networks').send(GOOD).expect(503);
    expect(refused.body).toMatchObject({ code: 'provider-unavailable', detail: reason });
    expect(source.jobs).toHaveLength(0);
    source.where = { provider: 'cuda', requested: 'cuda' };
    await request(app).get('/v2/health/ready').expect(200);
    await request(app).post('/v1/networks').send(GOOD).expect(200);
  });
});

describe('/openapi.json', () => {
  it('describes the request as it is validated, and refers to nothing that is not there', async () => {
    const { app } = testApp();
    const response = await request(app).get('/openapi.json').expect(200);
    const { text } = response;
    const document = response.body as {
      openapi: string;
      paths: Record<string, unknown>;
      components: { schemas: Record<string, unknown> };
    };
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(Object.keys(document.paths)).toEqual([
      '/v1/networks',
      '/v1/networks/{id}',
      '/v1/flows',
      '/v1/flows/reload',
      '/v1/flows/{name}',
      '/v2/health/live',
      '/v2/health/ready',
      '/metrics',
    ]);
    const { schemas } = document.components;
    expect(schemas.NetworkRequest).toMatchObject({
      required: ['flow'],
      additionalProperties: false,
      properties: {
        count: { type: 'integer', minimum: 1, maximum: 256, default: 1 },
        inputScaling: { enum: ['folded', 'separate'], default: 'folded' },
      },
    });
    expect(schemas.NetworkRequest).toHaveProperty(
      'properties.architecture.$ref',
      '#/components/schemas/ArchitectureChoice',
    );
    expect(schemas.ArchitectureChoice).toMatchObject({
      anyOf: [
        { required: ['layers'], additionalProperties: false },
        {
          required: ['input', 'nodes'],
          properties: {
            nodes: {
              items: {
                oneOf: LAYER_OPS.map((op) => ({
                  properties: { op: { const: op }, id: {}, inputs: {} },
                })),
              },
            },
          },
        },
      ],
    });
    expect(schemas.Networks).toHaveProperty('properties.inputScaling');
    expect(schemas.Flow).toMatchObject({ required: expect.arrayContaining(NORMALS) as unknown });
    expect(text).toContain('"Weightspring-Extrapolated":{');
    expect(document.paths['/v1/networks']).toHaveProperty('post.responses.504');
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
    expect(references.length).toBeGreaterThan(5);
    for (const [, name = ''] of references) expect(schemas).toHaveProperty(name);
    expect(text.match(/"\$ref":/g)).toHaveLength(references.length);
  });
});

describe('/openapi.json and graphs', () => {
  interface ListSchema {
    readonly minItems: number;
    readonly maxItems: number;
  }
  interface NodeSchema {
    readonly properties: { readonly op: { readonly const: string }; readonly inputs: ListSchema };
    readonly required: readonly string[];
  }
  interface GraphSchema {
    readonly properties: {
      readonly nodes: ListSchema & { readonly items: { readonly oneOf: readonly NodeSchema[] } };
    };
  }

  const nodesOf = async () => {
    const { app } = testApp();
    const document = (await request(app).get('/openapi.json').expect(200)).body as {
      components: { schemas: { ArchitectureChoice: { anyOf: [object, GraphSchema] } } };
    };
    return document.components.schemas.ArchitectureChoice.anyOf[1].properties.nodes;
  };

  /** The field that a request for a graph is refused for. */
  const refusedFor = (
    nodes: readonly object[],
    input: readonly number[] = [2],
  ): string | undefined =>
    thrownBy(() => {
      validate(networkRequestSchema, { flow: 'wdbc', architecture: { input, nodes } });
      throw new WeightspringError('internal', 'taken');
    }).field;

  it('allows as many nodes as are taken', async () => {
    const { maxItems } = await nodesOf();
    const nodes = Array.from({ length: maxItems + 1 }, () => ({ op: 'dense', units: 2 }));
    expect(refusedFor(nodes.slice(1))).toBeUndefined();
    expect(refusedFor(nodes)).toBe('architecture.nodes');
  });

  it('allows each node as many inputs as it takes', async () => {
    const { items } = await nodesOf();
    expect(items.oneOf.map(({ properties }) => properties.op.const)).toEqual(LAYER_OPS);
    for (const { properties, required } of items.oneOf) {
      const { op, inputs } = properties;
      const taken = [...Array(80).keys()].filter((count) => {
        const read = Array.from({ length: count }, () => 'input');
        const fields = { units: 2, function: 'relu', channels: 2, kernel: 1, size: 2 };
        const known = Object.entries(fields).filter(([name]) => name in properties);
        const node = { op: op.const, ...Object.fromEntries(known), inputs: read };
        const dense = { op: 'dense', units: 2 };
        const image = [1, 4, 4];
        return [
          refusedFor([node, dense]),
          refusedFor([node, dense], image),
          refusedFor([node, { op: 'flatten' }, dense], image),
        ].includes(undefined);
      });
      expect([taken[0], taken.at(-1)], op.const).toEqual([inputs.minItems, inputs.maxItems]);
      expect(required.includes('inputs'), op.const).toBe(inputs.minItems > 1);
    }
  });
});

describe('/openapi.json and the statuses', () => {
  interface Operation {
    readonly responses: Readonly<Record<string, unknown>>;
  }

  it('declares for each operation what any request may meet, and for one each that exists', async () => {
    const { app } = testApp();
    const response = await request(app).get('/openapi.json').expect(200);
    const { paths } = response.body as { paths: Record<string, Record<string, Operation>> };
    for (const operations of Object.values(paths)) {
      for (const { responses } of Object.values(operations)) {
        expect(Object.keys(responses)).toEqual(
          expect.arrayContaining(['400', '408', '417', '431', '500']),
        );
      }
    }
    const declared = Object.keys(paths['/v1/networks']!.post!.responses).map(Number);
    const possible = new Set(Object.values(PROBLEMS).map(({ status }) => status));
    // A method that a path does not have is no operation.
    possible.delete(405);
    expect(declared).toEqual(expect.arrayContaining([...possible]));
  });

  it('says what each status means, and when to ask again', async () => {
    const { app } = testApp();
    const response = await request(app).get('/openapi.json').expect(200);
    const { paths } = response.body as {
      paths: Record<
        string,
        Record<
          string,
          { responses: Record<string, { description: string; headers: Record<string, unknown> }> }
        >
      >;
    };
    const { responses } = paths['/v1/networks']!.post!;
    for (const { status, title } of Object.values(PROBLEMS)) {
      if (status !== 405) expect(responses[status]?.description).toContain(title);
    }
    for (const status of [429, 503])
      expect(responses[status]?.headers).toHaveProperty('Retry-After');
    expect(responses[413]?.headers).not.toHaveProperty('Retry-After');
  });

  it('declares the headers that answers have', async () => {
    const { app } = testApp();
    const document = (await request(app).get('/openapi.json').expect(200)).body as {
      paths: Record<string, Record<string, { responses: Record<string, { headers: object }> }>>;
    };
    const declared = Object.keys(
      document.paths['/v1/networks']!.post!.responses['200']!.headers,
    ).map((name) => name.toLowerCase());
    const answer = await request(app).post('/v1/networks').send(GOOD).expect(200);
    const probe = await request(app).get('/v2/health/live').expect(200);
    const ofAll = ['x-request-id', 'cache-control'];
    const ofHttp = Object.keys(probe.headers as object).filter((name) => !ofAll.includes(name));
    const sent = Object.keys(answer.headers as object).filter((name) => !ofHttp.includes(name));
    expect(sent).toEqual(expect.arrayContaining([...ofAll, 'location', 'etag']));
    expect(declared).toEqual(expect.arrayContaining(sent));
  });
});

describe('request ids', () => {
  it('are taken over when they are harmless, else made', async () => {
    const { app } = testApp();
    const get = (id: string) => request(app).get('/nowhere').set('X-Request-Id', id);
    const named = await get('abc-1');
    expect(named.headers['x-request-id']).toBe('abc-1');
    expect(named.body).toMatchObject({ requestId: 'abc-1' });
    const long = await get('x'.repeat(65));
    expect(long.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('are in the log with method, path and status', async () => {
    const { app, logged } = testApp();
    await request(app).get('/v1/flows?x=1').set('X-Request-Id', 'r1').expect(200);
    expect(logged).toMatchObject([
      { event: 'request', fields: { requestId: 'r1', path: '/v1/flows', status: 200 } },
    ]);
  });
});

describe('ArtefactStore', () => {
  const artefact = (id: string, size: number) => ({
    id,
    bytes: new Uint8Array(size),
    fileName: `${id}.onnx`,
    mediaType: 'application/octet-stream',
    extrapolated: false,
    metadata: {},
  });

  it('drops the oldest when it is full', () => {
    const store = new ArtefactStore({ maxBytes: 100_000, maxAgeMs: 1000 });
    store.put(artefact('a', 40_000));
    store.put(artefact('b', 40_000));
    store.put(artefact('a', 40_000)); // again: now the newest
    store.put(artefact('c', 40_000));
    expect(store.get('b')).toBeUndefined();
    expect(store.get('a')?.fileName).toBe('a.onnx');
    expect(store.get('c')).toBeDefined();
  });

  it('keeps nothing that alone exceeds it, and drops nothing for it', () => {
    const store = new ArtefactStore({ maxBytes: 100_000, maxAgeMs: 1000 });
    store.put(artefact('a', 40_000));
    store.put(artefact('huge', 100_001));
    expect(store.get('huge')).toBeUndefined();
    expect(store.get('a')).toBeDefined();
  });

  it('drops what is too old', () => {
    let nowMs = 0;
    const store = new ArtefactStore({ maxBytes: 100_000, maxAgeMs: 1000, now: () => nowMs });
    store.put(artefact('a', 10));
    nowMs = 1000;
    expect(store.get('a')).toBeDefined();
    nowMs = 1001;
    expect(store.get('a')).toBeUndefined();
  });

  it('copies, so that no view pins a larger buffer', () => {
    const store = new ArtefactStore({ maxBytes: 100_000, maxAgeMs: 1000 });
    const message = new Uint8Array(10_000);
    store.put({ ...artefact('a', 0), bytes: message.subarray(0, 10) });
    expect(store.get('a')?.bytes.buffer.byteLength).toBe(10);
  });

  it('counts what it holds: metadata and its own records too', () => {
    const store = new ArtefactStore({ maxBytes: 10_000, maxAgeMs: 1000 });
    const metadata = { featureNames: 'x'.repeat(2_000) };
    store.put({ ...artefact('a', 100), metadata });
    expect(store.bytes).toBeGreaterThan(4_000);
    for (let index = 0; index < 1_000; index++) store.put(artefact(`tiny ${index}`, 1));
    expect(store.bytes).toBeLessThanOrEqual(10_000);
    expect(store.has('a')).toBe(false);
    expect(store.has('tiny 0')).toBe(false);
    expect(store.has('tiny 999')).toBe(true);
  });

  it('has bytes of its own in what it sends, too', () => {
    const message = Buffer.alloc(200_000, 7);
    expect(detached(message.subarray(100, 2_100)).buffer.byteLength).toBe(2_000);
    const whole = new Uint8Array(10);
    expect(detached(whole)).toBe(whole);
  });

  it('copies views of Node’s own buffers as well', () => {
    const store = new ArtefactStore({ maxBytes: 100_000, maxAgeMs: 1000 });
    store.put({ ...artefact('a', 0), bytes: Buffer.alloc(50_000, 7).subarray(0, 10) });
    const { bytes } = store.get('a')!;
    expect(bytes.buffer.byteLength).toBe(10);
    expect([...bytes]).toEqual(Array(10).fill(7));
  });
});
