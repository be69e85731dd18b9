import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { GOOD, testApp } from './test-app.js';

const { app, source } = testApp();

/** Posts a body as written and returns the problem document. */
async function problemOf(body: string, contentType = 'application/json') {
  const response = await request(app)
    .post('/v1/networks')
    .set('Content-Type', contentType)
    .send(body);
  expect(response.headers['content-type']).toBe('application/problem+json');
  const problem = response.body as { status: number; field?: string; detail: string };
  expect(problem.status).toBe(response.status);
  return problem;
}

function withLayers(...layers: unknown[]): string {
  return JSON.stringify({ ...GOOD, architecture: { layers } });
}

function withFields(fields: Record<string, unknown>): string {
  return JSON.stringify({ ...GOOD, ...fields });
}

function withNoise(stochasticity: Record<string, unknown>): string {
  return withFields({ stochasticity });
}

const DENSE = { op: 'dense', units: 2 };
const FROM_INPUT = { ...DENSE, inputs: ['input'] };
const activation = (name: string): object => ({ op: 'activation', function: name });
const RESIDUAL = {
  input: [30],
  nodes: [
    { op: 'dense', units: 16, id: 'stem' },
    activation('relu'),
    { op: 'dense', units: 16, id: 'block' },
    { op: 'add', inputs: ['stem', 'block'] },
    DENSE,
  ],
};

function withGraph(graph: Record<string, unknown>): string {
  return withFields({ architecture: graph });
}

function withNodes(...nodes: readonly object[]): string {
  return withGraph({ input: [30], nodes });
}

const CONV = { op: 'conv2d', channels: 4, kernel: 3 };

function withImage(...nodes: readonly object[]): string {
  return withGraph({ input: [1, 8, 8], nodes });
}

const nested = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;

describe('bad input to POST /v1/networks', () => {
  it.each<[string, string, number, string | undefined]>([
    ['not JSON', '{"flow":', 400, undefined],
    ['NaN', '{"flow":"wdbc","seed":NaN}', 400, undefined],
    ['an empty body', '', 400, undefined],
    ['null', 'null', 422, 'body'],
    ['an array', '[]', 422, 'body'],
    ['a string', '"wdbc"', 422, 'body'],
    ['deep nesting', nested, 422, 'body'],
    ['deep nesting in a field', `{"flow":${nested}}`, 422, 'flow'],
    ['no flow', '{"architecture":{"layers":[30,2]}}', 422, 'flow'],
    ['an unknown flow', withFields({ flow: 'nope' }), 404, 'flow'],
    ['a flow of the prototype', withFields({ flow: '__proto__' }), 404, 'flow'],
    ['a number as flow', withFields({ flow: 7 }), 422, 'flow'],
    ['no architecture but null', '{"flow":"wdbc","architecture":null}', 422, 'architecture'],
    ['an architecture as text', withFields({ architecture: '30-16-2' }), 422, 'architecture'],
    ['no layers', withFields({ architecture: {} }), 422, 'architecture.layers'],
    [
      'layers as text',
      withFields({ architecture: { layers: '30-2' } }),
      422,
      'architecture.layers',
    ],
    ['one layer', withLayers(30), 422, 'architecture.layers'],
    ['too few hidden layers', withLayers(30, 2), 422, 'architecture.layers'],
    ['wrong input width', withLayers(31, 16, 2), 422, 'architecture.layers[0]'],
    ['wrong output width', withLayers(30, 16, 3), 422, 'architecture.layers[2]'],
    ['zero width', withLayers(30, 0, 2), 422, 'architecture.layers[1]'],
    ['negative width', withLayers(30, 16, -16, 2), 422, 'architecture.layers[2]'],
    ['fractional width', withLayers(30, 16.5, 2), 422, 'architecture.layers[1]'],
    ['width as text', withLayers(30, '16', 2), 422, 'architecture.layers[1]'],
    ['null width', withLayers(30, null, 2), 422, 'architecture.layers[1]'],
    ['huge width', withLayers(30, 1e9, 2), 422, 'architecture.layers[1]'],
    ['width beyond 2^53', withLayers(30, 1e300, 2), 422, 'architecture.layers[1]'],
    [
      'infinite width',
      '{"flow":"wdbc","architecture":{"layers":[30,1e400,2]}}',
      422,
      'architecture.layers[1]',
    ],
    ['where the flow was measured to fail', withLayers(30, 2, 16, 2), 422, 'architecture.layers'],
    ['too many weights', withLayers(30, 64, 64, 64, 2), 422, 'architecture.layers'],
    [
      '1,000 layers',
      withLayers(30, ...Array.from({ length: 998 }, () => 16), 2),
      422,
      'architecture.layers',
    ],
    [
      'an unknown activation',
      withFields({ architecture: { layers: [30, 16, 2], activation: 'sine' } }),
      422,
      'architecture.activation',
    ],
    [
      'an activation that the flow has not seen',
      withFields({ architecture: { layers: [30, 16, 2], activation: 'gelu' } }),
      422,
      'architecture.activation',
    ],
    ['count 0', withFields({ count: 0 }), 422, 'count'],
    ['count 1e9', withFields({ count: 1e9 }), 422, 'count'],
    ['steps 0', withFields({ steps: 0 }), 422, 'steps'],
    ['steps 257', withFields({ steps: 257 }), 422, 'steps'],
    ['fractional steps', withFields({ steps: 1.5 }), 422, 'steps'],
    ['an unknown solver', withFields({ solver: 'no-such-solver' }), 422, 'solver'],
    ['a solver by number', withFields({ solver: 4 }), 422, 'solver'],
    ['an unknown time grid', withFields({ timeGrid: 'cubic' }), 422, 'timeGrid'],
    ['noise as text', withFields({ stochasticity: '0.1' }), 422, 'stochasticity'],
    ['no noise', withFields({ stochasticity: null }), 422, 'stochasticity'],
    ['negative noise', withFields({ stochasticity: -0.1 }), 422, 'stochasticity'],
    ['too much noise', withFields({ stochasticity: 11 }), 422, 'stochasticity.strength'],
    [
      'infinite noise',
      '{"flow":"wdbc","architecture":{"layers":[30,16,2]},"stochasticity":1e400}',
      422,
      'stochasticity',
    ],
    [
      'negative noise in a range',
      withNoise({ strength: -0.1, from: 0, to: 1 }),
      422,
      'stochasticity.strength',
    ],
    ['noise without a strength', withNoise({ from: 0, to: 1 }), 422, 'stochasticity.strength'],
    ['noise without an end', withNoise({ strength: 0.1, from: 0 }), 422, 'stochasticity.to'],
    [
      'noise before the start',
      withNoise({ strength: 0.1, from: -1, to: 1 }),
      422,
      'stochasticity.from',
    ],
    ['noise after the end', withNoise({ strength: 0.1, from: 0, to: 2 }), 422, 'stochasticity.to'],
    [
      'noise backwards in time',
      withNoise({ strength: 0.1, from: 0.6, to: 0.4 }),
      422,
      'stochasticity',
    ],
    [
      'an unknown field of the noise',
      withNoise({ strength: 0.1, from: 0, to: 1, until: 1 }),
      422,
      'stochasticity.until',
    ],
    ['negative seed', withFields({ seed: -1 }), 422, 'seed'],
    ['fractional seed', withFields({ seed: 0.5 }), 422, 'seed'],
    ['seed 2^53', withFields({ seed: 2 ** 53 }), 422, 'seed'],
    ['seed 2^53 + 1', '{"flow":"wdbc","seed":9007199254740993}', 422, 'seed'],
    ['seed as text', withFields({ seed: '7' }), 422, 'seed'],
    ['an unknown format', withFields({ format: 'pickle' }), 422, 'format'],
    ['an unknown scaling', withFields({ inputScaling: 'none' }), 422, 'inputScaling'],
    ['an unknown scale', withFields({ weightScale: 'canonical' }), 422, 'weightScale'],
    [
      'an ONNX classifier of standardised features',
      withFields({ inputScaling: 'separate' }),
      422,
      'inputScaling',
    ],
    ['an unknown field', withFields({ sead: 7 }), 422, 'sead'],
    [
      'an unknown nested field',
      withFields({ architecture: { layers: [30, 16, 2], width: 3 } }),
      422,
      'architecture.width',
    ],
    ['__proto__', '{"__proto__":{"flow":"wdbc"}}', 422, 'flow'],
    ['more than a request may cost', withLayersAndCost(256), 413, 'count'],
    ['more than a request may cost, by its solver', withLayersAndCost(100, 'rk4'), 413, 'count'],
    ['a graph without input', withGraph({ nodes: [DENSE] }), 422, 'architecture.input'],
    ['a graph without nodes', withGraph({ input: [30] }), 422, 'architecture.nodes'],
    ['widths and a graph', withGraph({ layers: [30, 2], ...RESIDUAL }), 422, 'architecture.layers'],
    ['an unknown op', withNodes(DENSE, { op: 'unheard-of' }), 422, 'architecture.nodes[1].op'],
    ['an unknown field of a node', withNodes({ ...DENSE, k: 1 }), 422, 'architecture.nodes[0].k'],
    ['units as text', withNodes({ op: 'dense', units: '2' }), 422, 'architecture.nodes[0].units'],
    ['a circle', withNodes({ ...DENSE, inputs: ['1'] }, DENSE), 422, 'architecture.nodes[0]'],
    ['an id twice', withNodes(DENSE, { ...DENSE, id: '0' }), 422, 'architecture.nodes[1]'],
    ['a node that is not read', withNodes(DENSE, FROM_INPUT), 422, 'architecture.nodes'],
    [
      'a sum of two widths',
      withNodes({ op: 'dense', units: 3 }, FROM_INPUT, { op: 'add', inputs: ['0', '1'] }),
      422,
      'architecture.nodes[2]',
    ],
    [
      'an input that is no row',
      withGraph({ ...RESIDUAL, input: [5, 6] }),
      422,
      'architecture.nodes[0]',
    ],
    ['another input width', withGraph({ ...RESIDUAL, input: [31] }), 422, 'architecture.input'],
    ['a graph that the flow cannot draw', withGraph(RESIDUAL), 422, 'architecture.nodes'],
    ['an image that a dense layer reads', withImage(DENSE), 422, 'architecture.nodes[0]'],
    ['a row that a convolution reads', withNodes(CONV, DENSE), 422, 'architecture.nodes[0]'],
    [
      'a kernel larger than its input',
      withImage({ ...CONV, kernel: 9 }, DENSE),
      422,
      'architecture.nodes[0]',
    ],
    [
      'a pool larger than its input',
      withImage(CONV, { op: 'max-pool', size: 7 }, { op: 'flatten' }, DENSE),
      422,
      'architecture.nodes[1]',
    ],
    [
      'a sum of channels and units',
      withImage(
        { op: 'conv2d', channels: 1, kernel: 8 },
        { op: 'flatten' },
        { ...CONV, kernel: 8, channels: 1, inputs: ['input'] },
        { op: 'add', inputs: ['1', '2'] },
        DENSE,
      ),
      422,
      'architecture.nodes[3]',
    ],
    ['flattened channels as logits', withImage(CONV, { op: 'flatten' }), 422, 'architecture.nodes'],
    [
      'images of too many pixels',
      withGraph({ input: [3, 2048, 2048], nodes: [CONV, { op: 'flatten' }, DENSE] }),
      422,
      'architecture.input',
    ],
    [
      'channels as text',
      withImage({ ...CONV, channels: '4' }, DENSE),
      422,
      'architecture.nodes[0].channels',
    ],
    [
      'a convolutional network that the flow cannot draw',
      withImage(CONV, { op: 'flatten' }, DENSE),
      422,
      'architecture.input',
    ],
    [
      'a perceptron of two activations',
      withNodes(DENSE, activation('relu'), DENSE, activation('tanh'), DENSE),
      422,
      'architecture.nodes',
    ],
    [
      'a perceptron as a graph, of too great a width',
      withNodes({ op: 'dense', units: 65 }, activation('relu'), DENSE),
      422,
      'architecture.layers[1]',
    ],
  ])('%s', async (_name, body, status, field) => {
    const problem = await problemOf(body);
    expect(problem).toMatchObject({ status });
    expect(problem.field).toBe(field);
    expect(problem.detail).not.toBe('');
    expect(source.jobs).toHaveLength(0);
  });

  it('says which networks the flow draws, and what is wrong with a node', async () => {
    const { detail } = await problemOf(withGraph(RESIDUAL));
    expect(detail).toMatch(/1, 2 or 3 hidden layers, 30-h1-2, .*: got 30-graph-[0-9a-f]{16}$/);
    const circle = await problemOf(withNodes({ ...DENSE, inputs: ['1'] }, DENSE));
    expect(circle.detail).toBe(
      "architecture.nodes[0]: node '0' reads '1': expected an earlier node or 'input'",
    );
    const pool = { op: 'max-pool', size: 7, id: 'pool' };
    const large = await problemOf(withImage(CONV, pool, { op: 'flatten' }, DENSE));
    expect(large.detail).toBe(
      "architecture.nodes[1]: node 'pool': a window of 7×7 is larger than the images of shape [4, 6, 6]",
    );
    const unknown = await problemOf(withNodes({ op: 'unheard-of' }));
    expect(unknown.detail).toMatch(/expected an op of dense, .*, got "unheard-of"$/);
  });

  it('refuses a million nodes by their bytes, or by their number where a body may be that large', async () => {
    const nodes = Array<object>(1_000_000).fill({ op: 'flatten' });
    const body = withGraph({ input: [1, 8, 8], nodes });
    expect(await problemOf(body)).toMatchObject({ status: 413, field: 'body' });
    const response = await request(testApp({ maxBodyBytes: 2 ** 25 }).app)
      .post('/v1/networks')
      .set('Content-Type', 'application/json')
      .send(body);
    expect(response.body).toMatchObject({ status: 422, field: 'architecture.nodes' });
    expect((response.body as { detail: string }).detail).toContain(
      'expected at most 256 values, got 1000000',
    );
  });

  it('says what a field of several forms may be', async () => {
    const { detail } = await problemOf(withFields({ stochasticity: true }));
    expect(detail).toBe('stochasticity: expected a number; or: expected an object, got true');
  });

  it.each([
    [
      '32,000 widths',
      withLayers(...Array<number>(32_000).fill(0)),
      'architecture.layers',
      'values',
    ],
    [
      '3,000 layers of objects',
      withLayers(...Array<object>(3_000).fill({})),
      'architecture.layers',
      'values',
    ],
    ['an array of 3,000', JSON.stringify(Array(3_000).fill(0)), 'body', 'values'],
    [
      '3,000 nodes',
      withNodes(...Array<object>(3_000).fill({ op: 1 })),
      'architecture.nodes',
      'values',
    ],
    [
      '3,000 fields',
      withNoise(Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [index, 0]))),
      'stochasticity',
      'fields',
    ],
  ])(
    'is refused for its length before its values are looked at: %s',
    async (_name, body, field, what) => {
      const problem = await problemOf(body);
      expect(problem).toMatchObject({ status: 422, field });
      expect(problem.detail).toMatch(new RegExp(`expected at most 256 ${what}, got 3`));
    },
  );

  it('names __proto__ when nothing else is wrong', async () => {
    const body = `{"__proto__":{"count":2},${JSON.stringify(GOOD).slice(1)}`;
    expect((await problemOf(body)).field).toBe('__proto__');
  });

  it('names the seed beyond 2^53 when nothing else is wrong', async () => {
    const body = JSON.stringify(GOOD).replace('"seed":7', '"seed":9007199254740993');
    expect((await problemOf(body)).field).toBe('seed');
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16'])(
    'is not read as %s',
    async (type) => {
      expect(await problemOf(JSON.stringify(GOOD), type)).toMatchObject({ status: 415 });
    },
  );

  it('is refused when it is not UTF-8', async () => {
    const body = Buffer.from(JSON.stringify(GOOD));
    body[body.indexOf('wdbc')] = 0xff;
    const post = request(app).post('/v1/networks').set('Content-Type', 'application/json');
    // A serialiser, since superagent would make JSON of a buffer.
    const response = await post.serialize((bytes: unknown) => bytes as string).send(body);
    expect(response.body).toMatchObject({ status: 400, code: 'malformed-request' });
  });

  it.each(['', ' '.repeat(15_700), `application/json${' '.repeat(15_000)}`])(
    'is not read under a type of spaces: %#',
    async (type) => {
      expect(await problemOf('{}', `${type};`)).toMatchObject({ status: 415 });
    },
  );

  it('is refused compressed', async () => {
    const response = await request(app)
      .post('/v1/networks')
      .set('Content-Type', 'application/json')
      .set('Content-Encoding', 'gzip')
      .send('{}');
    expect(response.status).toBe(415);
  });
});

/** Valid in each field, and too much in all: 128 × 100 × 64 × 60 × evaluations > 10⁹. */
function withLayersAndCost(steps: number, solver = 'euler'): string {
  return JSON.stringify({
    ...GOOD,
    architecture: { layers: [30, 64, 60, 2] },
    steps,
    solver,
    count: 128,
  });
}

describe('requests that the service has no answer for', () => {
  it.each([
    ['delete', '/v1/networks', 'POST, OPTIONS'],
    ['get', '/v1/networks', 'POST, OPTIONS'],
    ['post', '/v1/flows', 'GET, HEAD, OPTIONS'],
    ['put', '/v1/networks/x', 'GET, HEAD, DELETE, OPTIONS'],
    ['post', '/v2/health/live', 'GET, HEAD, OPTIONS'],
    ['patch', '/openapi.json', 'GET, HEAD, OPTIONS'],
  ] as const)('%s %s is not allowed', async (method, path, allow) => {
    const response = await request(app)[method](path).expect(405);
    expect(response.headers['content-type']).toBe('application/problem+json');
    expect(response.headers.allow).toBe(allow);
  });

  it('tells the methods to OPTIONS', async () => {
    const response = await request(app).options('/v1/networks').expect(204);
    expect(response.headers.allow).toBe('POST, OPTIONS');
  });

  it.each(['/', '/v1', '/v1/network', '/v1/flows/nope', '/v3/health', '/favicon.ico'])(
    'there is no %s',
    async (path) => {
      const response = await request(app).get(path).expect(404);
      expect(response.headers['content-type']).toBe('application/problem+json');
      expect(response.body).toMatchObject({ code: 'not-found', instance: path });
    },
  );

  it('refuses a badly encoded path', async () => {
    const response = await request(app).get('/v1/flows/%E0%A4%A').expect(400);
    expect(response.headers['content-type']).toBe('application/problem+json');
    expect(response.text).not.toContain('node_modules');
  });

  it('has nothing for a client that accepts images only', async () => {
    const response = await request(app)
      .post('/v1/networks')
      .set('Accept', 'image/png')
      .send(GOOD)
      .expect(406);
    expect(response.body).toMatchObject({ code: 'not-acceptable' });
    expect(source.jobs).toHaveLength(0);
  });

  it('does not read an Accept that is too long', async () => {
    const accept = 'a/b,'.repeat(1_000);
    const response = await request(app).post('/v1/networks').set('Accept', accept).send(GOOD);
    expect(response.body).toMatchObject({ status: 431, code: 'headers-too-large' });
    expect(source.jobs).toHaveLength(0);
  });

  it('repeats no more of a target than an answer should have', async () => {
    const response = await request(app)
      .get(`/${'x'.repeat(8_000)}`)
      .expect(404);
    expect(response.text.length).toBeLessThan(1_500);
  });
});
