import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgram } from '../../src/cli/program.js';
import { apiKeyDigest, apiKeyId } from '../../src/keys/api-key.js';
import { readKeyFile } from '../../src/keys/key-file.js';
import { weightspring, weightspringOk } from '../support/compiled.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weightspring-keys-'));
  file = join(folder, 'keys.json');
});
afterEach(() => rm(folder, { recursive: true }));

const withFile = (...args: readonly string[]) => ['keys', ...args, '--keys-file', file];

/** What a command prints, run in this process. */
async function printed(...args: readonly string[]): Promise<string> {
  let text = '';
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((written) => {
      text += String(written);
      return true;
    }),
    vi.spyOn(process.stderr, 'write').mockReturnValue(true),
  ];
  try {
    await createProgram().parseAsync(withFile(...args), { from: 'user' });
    return text;
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

describe('weightspring keys', { timeout: 60_000 }, () => {
  it('prints a key once, and keeps its digest only', async () => {
    const limits = ['--expires', '90d', '--networks-per-day', '1000'];
    const { stdout, stderr } = await weightspringOk(
      withFile('create', '--name', 'Ann', '--scope', 'admin', 'generate', ...limits),
    );
    const key = stdout.trimEnd();
    const id = apiKeyId(key) ?? '';
    expect(stderr).toBe(`key ${id} of Ann for generate, admin; it is not shown again:\n`);
    const [stored] = await readKeyFile(file);
    const { created = '', expires = '', ...rest } = stored ?? {};
    expect(rest).toEqual({
      id,
      name: 'Ann',
      sha256: apiKeyDigest(key).toString('hex'),
      scopes: ['generate', 'admin'],
      networksPerDay: 1000,
    });
    expect((Date.parse(expires) - Date.parse(created)) / 86_400_000).toBeCloseTo(90, 3);
    expect(await readFile(file, 'utf8')).not.toContain(key.slice(-64));
  });

  it('lists keys without their digests, and revokes one for good', async () => {
    const create = async (name: string): Promise<string> => {
      const text = await printed('create', '--name', name, '--scope', 'generate', '--json');
      const made = JSON.parse(text) as { id: string; key: string };
      expect(apiKeyId(made.key)).toBe(made.id);
      return made.id;
    };
    const [first, second] = [await create('first'), await create('second')];
    await printed('revoke', second);
    const since = (await readKeyFile(file))[1]?.revoked;
    await printed('revoke', second);
    expect((await readKeyFile(file))[1]?.revoked).toBe(since);
    const list = await printed('list', '--json');
    expect(JSON.parse(list)).toMatchObject({
      keys: [
        { id: first, name: 'first', state: 'valid' },
        { id: second, name: 'second', state: 'revoked' },
      ],
    });
    expect(list).not.toContain('sha256');
    expect(await printed('list')).toMatch(new RegExp(`^${first} +first +generate +valid `, 'm'));
  });

  it.each<[readonly string[], RegExp]>([
    [['create', '--name', 'a'], /--scope/],
    [['create', '--scope', 'generate'], /--name/],
    [['create', '--name', 'a', '--scope', 'root'], /generate, create, admin/],
    [['create', '--name', 'a\nb', '--scope', 'admin'], /1 to 100 characters/],
    [['create', '--name', 'a', '--scope', 'admin', '--expires', '2020-01-01'], /a time to come/],
    [['create', '--name', 'a', '--scope', 'admin', '--expires', '2099-02-31'], /a time to come/],
    [['create', '--name', 'a', '--scope', 'admin', '--expires', '0d'], /a time to come/],
    [['create', '--name', 'a', '--scope', 'admin', '--outstanding', '0'], /from 1 to/],
    [['list'], /expected a file of API keys .*make one with weightspring keys create/],
    [
      ['revoke', '0123456789ab'],
      /expected a file of API keys .*make one with weightspring keys create/,
    ],
  ])('refuses %j, and makes no file', async (args, message) => {
    await expect(printed(...args)).rejects.toThrow(message);
    await expect(readKeyFile(file)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('revokes no key that the file has not', async () => {
    await printed('create', '--name', 'a', '--scope', 'admin');
    await expect(printed('revoke', '0123456789ab')).rejects.toThrow(
      /has no key of the id '0123456789ab'/,
    );
  });

  it('asks for the file, unless the environment of the service names it', async () => {
    const { status, stderr } = await weightspring(['keys', 'list']);
    expect(stderr).toMatch(/^weightspring: .*--keys-file.*\n$/);
    expect(status).toBe(2);
    vi.stubEnv('WEIGHTSPRING_KEYS_FILE', file);
    const { stdout } = await weightspringOk(['keys', 'create', '--name', 'a', '--scope', 'admin']);
    vi.unstubAllEnvs();
    expect((await readKeyFile(file))[0]?.id).toBe(apiKeyId(stdout.trimEnd()));
  });
});
