import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readConfiguration } from '../server/configuration.js';
import { startServer, type RunningServer } from '../server/server.js';
import { architectureSchema } from '../src/network/grammar.js';
import { networkOf } from '../src/network/network.js';
import { decodeModel } from '../src/onnx/parse.js';
import { DEFAULT_MODELS_DIR, PACKAGE_ROOT } from '../src/package-info.js';
import { SamplerPool } from '../src/pool/pool.js';
import { COMPILED_WORKER } from './support/compiled.js';
import { missingProgram, needs } from './support/needs.js';

const README = readFileSync(join(PACKAGE_ROOT, 'README.md'), 'utf8');

describe('the request of the README', needs(missingProgram('curl')), () => {
  const command = /^```sh\n([^`]*curl [^`]*)```$/m.exec(README)?.[1] ?? '';
  let server: RunningServer;
  let root: string;
  let folder: string;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'weightspring-readme-'));
    server = await startServer(readConfiguration({ port: '0' }, {}), {
      log: () => undefined,
      openSource: () =>
        SamplerPool.start({
          modelsDir: DEFAULT_MODELS_DIR,
          workers: 1,
          workerPath: COMPILED_WORKER,
        }),
    });
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(root, 'request-'));
    // Of a request before: nothing of it may be taken for the answer to this one.
    await writeFile(join(folder, 'network.onnx'), 'old network');
    await writeFile(join(folder, 'answer'), 'old answer');
  });
  afterAll(async () => {
    await server.close();
    await rm(root, { recursive: true, force: true });
  });

  /** What the command prints, run in a folder of its own. */
  function run(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = spawn('sh', ['-c', line], { cwd: folder });
      let printed = '';
      child.stdout.on('data', (text: Buffer) => (printed += text.toString()));
      child.stderr.on('data', (text: Buffer) => (printed += text.toString()));
      child.once('error', reject);
      child.once('close', () => {
        resolve(printed);
      });
    });
  }

  const against = (address: string, fields = '"seed":7'): string => {
    expect(command).toContain('localhost:8080');
    expect(command).toContain('"seed":7');
    return command.replace('localhost:8080', address).replace('"seed":7', fields);
  };

  it('leaves a network and prints nothing', async () => {
    expect(await run(against(server.url))).toBe('');
    expect(await readdir(folder)).toEqual(['network.onnx']);
    const { initializers } = decodeModel(readFileSync(join(folder, 'network.onnx')));
    expect(initializers.length).toBeGreaterThan(0);
  });

  it('prints why it is refused, and leaves nothing that could be taken for a network', async () => {
    const printed = await run(against(server.url, '"architecture":{"layers":[30,16,16,3]}'));
    expect(printed).toMatch(/"status":4\d\d/);
    expect(printed).toMatch(/2 outputs, got 3/);
    expect(printed).not.toContain('old');
    expect(existsSync(join(folder, 'network.onnx'))).toBe(false);
  });

  it('says so where no service is', async () => {
    const printed = await run(against('localhost:1'));
    expect(printed).toMatch(/^curl: .*connect.*\n$/i);
    expect(existsSync(join(folder, 'network.onnx'))).toBe(false);
  });
});

it('writes a graph that is an architecture', () => {
  const graph = /^```json\n(\{\s*"input"[^`]*)```$/m.exec(README)?.[1] ?? '';
  const { inputs, outputs } = networkOf(architectureSchema.parse(JSON.parse(graph)));
  expect([inputs, outputs]).toEqual([30, 2]);
});
