import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { testApp } from '../test-app.js';
import { ringOf, testKey } from './test-keys.js';

interface Operation {
  readonly security: readonly { readonly apiKey?: readonly string[] }[];
  readonly responses: Readonly<Record<string, { readonly headers?: object }>>;
}

type Document = Readonly<{
  paths: Record<string, Record<string, Operation>>;
  components: { securitySchemes: unknown };
}>;

const powerless = testKey({ scopes: ['create'] });

function app(metricsPort = 0) {
  return testApp({ keys: ringOf(powerless), metricsPort }).app;
}

async function operations(metricsPort = 0): Promise<readonly (readonly [string, Operation])[]> {
  const response = await request(app(metricsPort)).get('/openapi.json').set(powerless.header);
  const { paths } = response.body as Document;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, operation] as const),
  );
}

/** The status that a request without a body gets. */
async function status(name: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const [method = '', path = ''] = name.split(' ');
  const agent = request(app());
  const ask = agent[method as 'get' | 'post' | 'delete'](path.replace(/\{.*\}/, 'x'));
  return (await ask.set(headers)).status;
}

describe('/openapi.json and keys', () => {
  it('says of every operation what the service asks of it, without a list', async () => {
    const all = await operations();
    expect(all.length).toBeGreaterThanOrEqual(8);
    for (const [name, { security, responses }] of all) {
      const isOpen = security.length === 0;
      const scopes = security[0]?.apiKey ?? [];
      expect((await status(name, {})) === 401, name).toBe(!isOpen);
      expect((await status(name, powerless.header)) === 403, name).toBe(scopes.length > 0);
      expect('401' in responses && '429' in responses, name).toBe(!isOpen);
      expect('403' in responses, name).toBe(scopes.length > 0);
      if (!isOpen) expect(responses[401]).toHaveProperty('headers.WWW-Authenticate');
    }
    const scopes = all.map(([name, { security }]) => [name, security[0]?.apiKey?.join()]);
    expect(Object.fromEntries(scopes)).toMatchObject({
      'post /v1/networks': 'generate',
      'get /v1/flows': '',
      'post /v1/flows/reload': 'admin',
      'get /v2/health/live': undefined,
      'get /metrics': 'admin',
    });
  });

  it('leaves out the metrics where another port has them', async () => {
    const names = (await operations(9090)).map(([name]) => name);
    expect(names).not.toContain('get /metrics');
    expect(names).toContain('get /v1/flows');
    await request(app(9090)).get('/metrics').set(powerless.header).expect(404);
  });
});
