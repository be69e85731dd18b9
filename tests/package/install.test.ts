import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { PACKAGE_ROOT, VERSION } from '../../src/package-info.js';

const FOLDER = join(PACKAGE_ROOT, 'examples');
/** Programs that users start from. */
const EXAMPLES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.mjs'))
  .sort();

/** What npm says where it reaches no registry and has not kept the packages either. */
const NO_REGISTRY = /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|ENOTCACHED/;

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program without what npm has told this process: its settings, of which one keeps
 * onnxruntime-node from downloading, are those of the repository and nobody else's.
 */
function run(command: string, args: readonly string[], cwd: string): Promise<Ended> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|onnxruntime_|node_env)/i.test(name)),
  );
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (status) => {
      resolve({ status, stdout, stderr });
    });
  });
}

async function runOk(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { status, stdout, stderr } = await run(command, args, cwd);
  expect(status, `${command} ${args.join(' ')}:\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

describe('the packed package in an empty folder', { timeout: 600_000 }, () => {
  let folder: string;
  let consumer: string;
  let offline: string | undefined;
  const tried = new Set<string>();
  const weightspring = (...args: readonly string[]): Promise<string> =>
    runOk(join(consumer, 'node_modules/.bin/weightspring'), args, consumer);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-package-'));
    consumer = join(folder, 'consumer');
    await mkdir(consumer);
    // The tests have built it already.
    await runOk('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], PACKAGE_ROOT);
    await writeFile(join(consumer, 'package.json'), '{"private":true,"type":"module"}');
    // As the README says.
    const install = await run(
      'npm',
      ['install', '--ignore-scripts', '--prefer-offline', `../weightspring-${VERSION}.tgz`],
      consumer,
    );
    for (const name of EXAMPLES) await copyFile(join(FOLDER, name), join(consumer, name));
    if (install.status === 0) return;
    expect(install.stderr).toMatch(NO_REGISTRY);
    offline = `no npm registry: ${install.stderr}`;
  }, 600_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  function skipOffline({ skip }: TestContext): void {
    if (offline !== undefined) skip(offline);
  }

  it('has one protobufjs and the dependencies that npm wants', async (context) => {
    skipOffline(context);
    const tree = JSON.parse(await runOk('npm', ['ls', '--all', '--json'], consumer)) as {
      problems?: string[];
    };
    expect(tree.problems).toBeUndefined();
    const installed = await readdir(join(consumer, 'node_modules'), { recursive: true });
    const named = (name: string): string[] =>
      installed.filter((path) => new RegExp(`(^|/)node_modules/${name}$|^${name}$`).test(path));
    expect(named('protobufjs')).toEqual(['protobufjs']);
    expect(named('onnx-proto')).toEqual([]);
  });

  it('has a command that tells devices and samples a network', async (context) => {
    skipOffline(context);
    const devices = JSON.parse(await weightspring('devices', '--json')) as {
      providers: unknown[];
    };
    expect(devices.providers).toContainEqual({ provider: 'cpu', works: true });
    await weightspring(
      ...['sample', '--flow', 'wdbc', '--layers', '30,16,16,2', '--out', 'network.onnx'],
    );
    expect(await readdir(consumer)).toContain('network.onnx');
  });

  it('does from TypeScript what the command line does, and its types are complete', async (context) => {
    skipOffline(context);
    await copyFile(join(import.meta.dirname, 'consumer.ts'), join(consumer, 'consumer.ts'));
    const resolve = createRequire(import.meta.url).resolve;
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2022',
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      allowJs: true,
      checkJs: true,
      outDir: 'out',
      // Reads every declaration that the entries lead to.
      skipLibCheck: false,
      // The types of Node are the consumer's own; here they are lent.
      typeRoots: [dirname(dirname(resolve('@types/node/package.json')))],
      types: ['node'],
    };
    await writeFile(
      join(consumer, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['consumer.ts', ...EXAMPLES] }),
    );
    const tsc = join(dirname(resolve('typescript/package.json')), 'bin/tsc');
    await runOk(process.execPath, [tsc], consumer);
    const output = await runOk(process.execPath, ['out/consumer.js'], consumer);
    expect(JSON.parse(output.trim().split('\n').at(-1)!)).toMatchObject({
      version: VERSION,
      works: expect.arrayContaining(['cpu']) as unknown,
      flows: ['spirals'],
      card: true,
      logDensity: expect.any(Number) as unknown,
      isServedTheSame: true,
      isDrawnTheSame: true,
      experiment: 'function',
    });
  });

  it.for([
    ['sample-networks.mjs', /^entropy 0\.\d+, of it disagreement 0\.\d+$/m],
    ['import-zoo.mjs', /^2-16-2\/relu: 0\.9\d+, 0\.9\d+, 0\.9\d+, 0\.9\d+$/m],
    [
      'create-flow.mjs',
      /^32 generated: \d\.\d+, \d\.\d+$[^]*(ensemble\.onnx takes|more minutes$)/m,
    ],
  ] as const)('runs the example %s', async ([name, says], context) => {
    skipOffline(context);
    expect(await runOk(process.execPath, [name], consumer)).toMatch(says);
    tried.add(name);
  });

  it('has no other example', (context) => {
    skipOffline(context);
    expect([...tried].sort()).toEqual(EXAMPLES);
  });
});
