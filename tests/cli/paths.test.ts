import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failureOf } from '../../src/cli/failure.js';
import { allCommands, createProgram } from '../../src/cli/program.js';
import { writeZoo } from '../../src/zoo/zoo-file.js';
import { makeZoo, randomNetworks, small } from '../evaluation/spirals-zoo.js';
import { TOY_FLOW, writeToyFlow, type ToyFlow } from '../support/toy-flow.js';

/** Options that take a path, by the word for what they take. */
const PATH_OPTION = /[<[](?:file|folder|path|zoo)(?:\.\.\.)?[>\]]/;

/** Every path argument of every command; PATH stands for the one that is wrong. */
const WITH_PATH = {
  'a file to read': [
    'zoo align PATH --out new.zoo',
    'zoo info PATH',
    'zoo merge PATH ok.zoo --out new.zoo',
    'train --zoo PATH --name x --out new/x --run-dir run',
    'verify PATH --models-dir MODELS',
    'likelihood --flow toy --models-dir MODELS --network PATH',
    'experiment scaling --scale smoke --run-dir run --zoo PATH',
    'experiment mnist --scale smoke --run-dir run --zoo PATH',
    'zoo train --data PATH --target y --out new.zoo',
    'sample --flow toy --models-dir MODELS --layers 2,8,2 --guide PATH --out new.onnx',
    'zoo train --data ok.csv --target y --test PATH --out new.zoo',
    'create x --data PATH --target y --out new',
    'keys list --keys-file PATH',
    'keys revoke 0123456789ab --keys-file PATH',
  ],
  'a file to write': [
    'zoo train --task spirals --out PATH',
    'zoo align ok.zoo --out PATH',
    'zoo merge ok.zoo ok.zoo --out PATH',
    'sample --flow toy --models-dir MODELS --layers 2,8,2 --out PATH',
    'zoo import net.safetensors --task spirals --out PATH',
    'ensemble net.onnx net.onnx --out PATH',
    'keys create --name x --scope generate --keys-file PATH',
  ],
  'a folder to write': [
    'train --zoo ok.zoo --name x --out PATH --run-dir run',
    'train --zoo ok.zoo --name x --out new/x --run-dir PATH',
    'card --flow toy --models-dir MODELS --architectures 2,8,2 --out PATH',
    'zoo train --task spirals --out new.zoo --run-dir PATH',
    'experiment gaussian --scale smoke --run-dir PATH',
    'experiment gaussian --scale smoke --run-dir run --out PATH',
    'experiment barriers --scale smoke --run-dir PATH',
    'experiment likelihood --scale smoke --run-dir PATH --models-dir MODELS',
    'experiment wdbc --scale smoke --run-dir PATH',
    'experiment scaling --scale smoke --zoo ok.zoo --run-dir PATH',
    'experiment mnist --scale smoke --run-dir PATH',
    'experiment init --scale smoke --flow toy --models-dir MODELS --run-dir PATH',
    'experiment ensembles --scale smoke --flow toy --models-dir MODELS --run-dir PATH',
    'experiment transfer --scale smoke --from-to toy:iris --models-dir MODELS --run-dir PATH',
    'experiment architectures --models-dir MODELS --out PATH',
    'create x --data ok.csv --target y --out PATH',
    'create x --data ok.csv --target y --out new --run-dir PATH',
  ],
  'a folder to read': [
    'zoo train --task iris --out new.zoo --data-dir PATH',
    'evaluate --flow toy --layers 2,8,2 --models-dir PATH',
    'sample --flow iris --guide-task iris --out new.onnx --data-dir PATH',
    'sample --flow toy --layers 2,8,2 --out new.onnx --models-dir PATH',
    'card --flow toy --architectures 2,8,2 --models-dir PATH',
    'flows --models-dir PATH',
    'flows --models-dir MODELS --models-dir PATH',
    'sample --flow toy --models-dir MODELS --models-dir PATH --layers 2,8,2 --out new.onnx',
    'train --zoo ok.zoo --name x --out new/x --run-dir run --distil PATH',
    'likelihood --flow toy --network net.onnx --models-dir PATH',
    'experiment barriers --scale smoke --run-dir run --data-dir PATH',
    'experiment likelihood --scale smoke --run-dir run --models-dir PATH',
    'experiment architectures --out run --models-dir PATH',
    'experiment init --scale smoke --run-dir run --flow toy --models-dir PATH',
    'experiment ensembles --scale smoke --run-dir run --flow toy --models-dir PATH',
    'experiment transfer --scale smoke --run-dir run --from-to toy:iris --models-dir PATH',
  ],
} as const;
type Use = keyof typeof WITH_PATH;

/** What is wrong with a path, for which uses. The extension is that of a network. */
const WRONG: readonly (readonly [string, string, readonly Use[]])[] = [
  ['a folder', 'folder.onnx', ['a file to read', 'a file to write']],
  ['a file', 'file.onnx', ['a folder to write', 'a folder to read']],
  ['below a file', 'file.onnx/y.onnx', Object.keys(WITH_PATH) as Use[]],
  ['a link to itself', 'loop.onnx', ['a file to read', 'a file to write', 'a folder to write']],
  ['absent', 'absent.onnx', ['a file to read', 'a folder to read']],
  ['empty', '', Object.keys(WITH_PATH) as Use[]],
];

const cases = WRONG.flatMap(([problem, path, uses]) =>
  uses.flatMap((use) => WITH_PATH[use].map((line) => [line, problem, path] as const)),
);

let toy: ToyFlow;
let folder: string;
beforeAll(async () => {
  toy = await writeToyFlow();
  folder = await mkdtemp(join(tmpdir(), 'weightspring-paths-'));
  await mkdir(join(folder, 'folder.onnx'));
  await writeFile(join(folder, 'file.onnx'), 'kept');
  await symlink('loop.onnx', join(folder, 'loop.onnx'));
  await writeZoo(makeZoo([[small, randomNetworks(small, 2, 1)]]), join(folder, 'ok.zoo'));
  const rows = Array.from({ length: 40 }, (_, row) => `${row % 7},${row % 2 === 0 ? 'a' : 'b'}`);
  await writeFile(join(folder, 'ok.csv'), `x,y\n${rows.join('\n')}\n`);
});
afterAll(async () => {
  await toy.remove();
  await rm(folder, { recursive: true });
});

/** How a command ends that is run in this process, and what the parser of arguments said. */
async function run(args: readonly string[]): Promise<{ exitCode: number; told: string }> {
  let complaint = '';
  const program = createProgram();
  for (const command of allCommands(program)) {
    command.configureOutput({ writeErr: (text) => (complaint += text) });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return { exitCode: 0, told: '' };
  } catch (error) {
    const { exitCode, message } = failureOf(error);
    return { exitCode, told: message ?? complaint.trim() };
  }
}

describe('paths on the command line', () => {
  it.each(cases)('%s: %s is told on one line, exit code 2', async (line, problem, wrong) => {
    const before = await readdir(folder);
    const path = wrong === '' ? '' : join(folder, wrong);
    const args = line.split(' ').map((word) => {
      if (word === 'PATH') return path;
      if (word === 'MODELS') return toy.modelsDir;
      return /^(new|run|ok|net)\b/.test(word) ? join(folder, word) : word;
    });
    const { exitCode, told } = await run(args);
    expect(told).toMatch(/^[^\n]+$/);
    expect(told).toContain(problem === 'empty' ? "''" : path);
    expect(told).not.toMatch(/unexpected error/);
    expect(exitCode).toBe(2);
    // Nothing was made, and nothing was lost.
    expect(await readdir(folder)).toEqual(before);
    expect(await readFile(join(folder, 'file.onnx'), 'utf8')).toBe('kept');
  });

  it('are all tried above', () => {
    const tried = new Set(
      Object.values(WITH_PATH).flatMap((lines) =>
        lines.map((line) => {
          const words = line.split(' ');
          const option = words[words.indexOf('PATH') - 1] ?? '';
          const command = words.slice(0, /^(zoo|experiment|keys)$/.test(words[0]!) ? 2 : 1);
          return `${command.join(' ')} ${option.startsWith('--') ? option : 'PATH'}`;
        }),
      ),
    );
    const program = createProgram();
    const missing = allCommands(program)
      .filter(({ commands }) => commands.length === 0)
      .flatMap((command) => {
        const parent = command.parent === program ? '' : `${command.parent!.name()} `;
        const options = command.options.filter(({ flags }) => PATH_OPTION.test(flags));
        const args = command.registeredArguments.filter((arg) => arg.name() === 'zoo');
        return [...options.map(({ long }) => long!), ...args.map(() => 'PATH')].map(
          (option) => `${parent}${command.name()} ${option}`,
        );
      })
      .filter((use) => !tried.has(use));
    // The same options of the same kind, read or checked by the same code.
    expect(missing).toEqual([
      'zoo align --data',
      'zoo align --test',
      'zoo align --data-dir',
      'zoo import --data',
      'zoo import --test',
      'zoo import --data-dir',
      'create --test',
      'create --data-dir',
      'train --data',
      'train --test',
      'train --data-dir',
      'evaluate --data',
      'evaluate --test',
      'evaluate --data-dir',
      'evaluate --zoo',
      'card --data',
      'card --test',
      'card --data-dir',
      'card --zoo',
      'verify --models-dir',
      'experiment gaussian --data-dir',
      'experiment barriers --out',
      'experiment likelihood --out',
      'experiment likelihood --data-dir',
      'experiment wdbc --out',
      'experiment wdbc --data-dir',
      'experiment mnist --out',
      'experiment mnist --data-dir',
      'experiment scaling --out',
      'experiment scaling --data-dir',
      'experiment scaling --data',
      'experiment scaling --test',
      'experiment init --out',
      'experiment init --data-dir',
      'experiment init --data',
      'experiment init --test',
      'experiment ensembles --out',
      'experiment ensembles --data-dir',
      'experiment ensembles --data',
      'experiment ensembles --test',
      'experiment transfer --out',
      'experiment transfer --data-dir',
    ]);
    expect(TOY_FLOW).toBe('toy');
  });
});

describe('--json', () => {
  it('is an option of every command but the one that reports nothing', () => {
    const without = allCommands(createProgram())
      .filter(({ commands, options }) => {
        return commands.length === 0 && !options.some(({ long }) => long === '--json');
      })
      .map((command) => command.name());
    expect(without).toEqual(['serve']);
  });
});
