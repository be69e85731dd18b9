import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { ArtefactStore, type Artefact } from '../../server/artefacts.js';
import { ringOf, testKey, type TestKey } from './identity/test-keys.js';
import { GOOD, testApp } from './test-app.js';

const [ann, ben] = [testKey(), testKey()];

function keyed() {
  const { app, logged } = testApp({ keys: ringOf(ann, ben) });
  return {
    logged,
    make: async ({ header }: TestKey, body: object = GOOD): Promise<string> => {
      const response = await request(app).post('/v1/networks').set(header).send(body).expect(200);
      return response.headers.location ?? '';
    },
    ask: async (method: 'get' | 'head' | 'delete', { header }: TestKey, path: string) =>
      (await request(app)[method](path).set(header)).status,
    app,
  };
}

describe('kept files', () => {
  it('are there for the key that made them, and for others as if they were not', async () => {
    const { make, ask, app } = keyed();
    const path = await make(ann);
    expect(await ask('get', ann, path)).toBe(200);
    const mine = await request(app).get(path).set(ben.header).expect(404);
    const other = await request(app)
      .get(`/v1/networks/${'0'.repeat(64)}`)
      .set(ben.header);
    const told = ({ body }: { body: unknown }) => ({
      ...(body as object),
      ...{ instance: '', requestId: '' },
    });
    expect(told(mine)).toEqual(told(other));
    expect(Object.keys(mine.headers)).toEqual(Object.keys(other.headers));
    const digest = path.split('/').at(-1) ?? '';
    const ifNoneMatch = request(app).get(path).set(ben.header).set('If-None-Match', `"${digest}"`);
    await ifNoneMatch.expect(404);
    expect(await ask('head', ben, path)).toBe(404);
    expect(await ask('delete', ben, path)).toBe(404);
    expect(await ask('get', ann, path)).toBe(200);
  });

  it('are for both of two who made the same, until each deletes theirs', async () => {
    const { make, ask } = keyed();
    const path = await make(ann);
    expect(await make(ben)).toBe(path);
    expect(await ask('delete', ann, path)).toBe(204);
    expect(await ask('get', ann, path)).toBe(404);
    expect(await ask('delete', ann, path)).toBe(404);
    expect(await ask('get', ben, path)).toBe(200);
    expect(await ask('delete', ben, path)).toBe(204);
    expect(await ask('get', ben, path)).toBe(404);
    expect(await make(ann)).toBe(path);
    expect(await ask('get', ann, path)).toBe(200);
    expect(await ask('get', ben, path)).toBe(404);
  });

  it('are for all keys that read, whatever their scopes, if they made them', async () => {
    const { app } = testApp();
    const { location = '' } = (await request(app).post('/v1/networks').send(GOOD)).headers;
    await request(app).get(location).expect(200);
    await request(app).delete(location).expect(204);
    await request(app).get(location).expect(404);
  });

  it.each(['x', '%00', '..%2f..%2fkeys.json', '0'.repeat(64)])(
    'cannot be deleted by the id %s',
    async (id) => {
      const { ask } = keyed();
      expect(await ask('delete', ann, `/v1/networks/${id}`)).toBe(404);
    },
  );
});

describe('the log', () => {
  it('says who made what: key, flow, seed, count and digests, under the id of the request', async () => {
    const { make, logged, app } = keyed();
    const path = await make(ben);
    await make(ann, { ...GOOD, count: 3 });
    const list = request(app)
      .post('/v1/networks')
      .set(ann.header)
      .set('Accept', 'application/json');
    const listed = await list.send({ ...GOOD, count: 2 }).expect(200);
    const ids = (listed.body as { networks: { id: string }[] }).networks.map(({ id }) => id);
    const made = logged.filter(({ event }) => event === 'generated').map(({ fields }) => fields);
    expect(made).toMatchObject([
      { key: ben.id, flow: 'wdbc', seed: 7, count: 1, sha256: path.split('/').at(-1) },
      { key: ann.id, flow: 'wdbc', seed: 7, count: 3 },
      { key: ann.id, flow: 'wdbc', seed: 7, count: 2, sha256: ids.join(' ') },
    ]);
    const requests = logged.filter(({ event }) => event === 'request');
    expect(made.map(({ requestId }) => requestId)).toEqual(
      requests.map(({ fields }) => fields.requestId),
    );
  });
});

describe('ArtefactStore', () => {
  const artefact = (id: string, size = 10): Artefact => ({
    ...{ id, bytes: new Uint8Array(size), fileName: id, mediaType: 'a/b' },
    ...{ extrapolated: false, metadata: {} },
  });

  it('counts a file of several owners once, and frees it with the last', () => {
    const store = new ArtefactStore({ maxBytes: 10_000, maxAgeMs: 1_000, now: () => 0 });
    store.put(artefact('x'), 'a');
    const { bytes } = store;
    store.put(artefact('x'), 'b');
    expect(store.bytes).toBe(bytes);
    expect(store.delete('x', 'c')).toBe(false);
    expect(store.delete('x', 'a')).toBe(true);
    expect(store.bytes).toBe(bytes);
    expect(store.delete('x', 'b')).toBe(true);
    expect(store.bytes).toBe(0);
  });

  it('forgets all owners of a file that has grown too old', () => {
    let now = 0;
    const store = new ArtefactStore({ maxBytes: 10_000, maxAgeMs: 1_000, now: () => now });
    store.put(artefact('x'), 'a');
    now = 1_001;
    expect(store.delete('x', 'a')).toBe(false);
    store.put(artefact('x'), 'b');
    expect(store.get('x', 'a')).toBeUndefined();
    expect(store.get('x', 'b')).toBeDefined();
  });
});
