import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import {
  chosenArchitecture,
  chosenArchitectures,
  parseArchitectureList,
  parseLayers,
} from '../../src/cli/architecture-options.js';
import {
  architecture,
  architectureKey,
  graphArchitecture,
} from '../../src/network/architecture.js';

const RESIDUAL = graphArchitecture({
  input: [3],
  nodes: [
    { op: 'dense', units: 3, id: 'a' },
    { op: 'activation', function: 'relu' },
    { op: 'dense', units: 3, id: 'b' },
    { op: 'add', inputs: ['a', 'b'] },
    { op: 'dense', units: 2 },
  ],
});
const NONE = { activation: 'tanh', usual: null } as const;

const folder = mkdtemp(join(tmpdir(), 'architectures-'));
afterAll(async () => {
  await rm(await folder, { recursive: true });
});

async function stored(name: string, text: string): Promise<string> {
  const path = join(await folder, name);
  await writeFile(path, text);
  return path;
}

describe('the architecture of a command', () => {
  it.each([
    ['3-4-2', architecture([3, 4, 2], 'tanh')],
    ['3,4,2', architecture([3, 4, 2], 'tanh')],
    ['3-4-2/gelu', architecture([3, 4, 2], 'gelu')],
    ['{"layers":[3,4,2]}', architecture([3, 4, 2], 'tanh')],
    [JSON.stringify(RESIDUAL), RESIDUAL],
  ])('is %s', async (form, expected) => {
    expect(await chosenArchitecture({ architecture: form }, NONE)).toEqual(expected);
    const path = await stored('form', `${form}\n`);
    expect(await chosenArchitecture({ architecture: `@${path}` }, NONE)).toEqual(expected);
  });

  it('is the usual one where no flag names another, with the activation that is asked for', async () => {
    const usual = { activation: 'relu', usual: architecture([3, 4, 2]) } as const;
    expect(await chosenArchitecture({}, usual)).toEqual(usual.usual);
    expect(await chosenArchitecture({ activation: 'silu' }, usual)).toEqual(
      architecture([3, 4, 2], 'silu'),
    );
    expect(await chosenArchitecture({ layers: [3, 2] }, usual)).toEqual(architecture([3, 2]));
    await expect(chosenArchitecture({}, NONE)).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  it('may be named by its key where it is known', async () => {
    const known = [{ ...RESIDUAL, runs: 3, accuracy: 1 }];
    const form = architectureKey(RESIDUAL);
    expect(await chosenArchitecture({ architecture: form }, { ...NONE, known })).toEqual(RESIDUAL);
    await expect(chosenArchitecture({ architecture: form }, NONE)).rejects.toThrow(
      /--architecture/,
    );
  });

  it.each([
    ['nonsense', '--architecture: expected 30-16-16-2/relu, the JSON of a graph'],
    ['3-4-2/relu/x', '--architecture: expected 30-16-16-2/relu'],
    ['3-4-2/sine', '--architecture: architecture.activation: '],
    ['3-0-2', '--architecture: architecture.layers[1]: '],
    ['{"layers":', 'the text is not JSON'],
    [`{"layers":${'['.repeat(5000)}`, 'nested more than 64 levels deep'],
    ['{"input":[3],"nodes":[{"op":"scale"}]}', 'architecture.nodes[0].op: expected an op of dense'],
    ['@nowhere.json', 'nowhere.json'],
  ])('is refused as %s', async (form, message) => {
    await expect(chosenArchitecture({ architecture: form }, NONE)).rejects.toThrow(message);
  });

  it('is refused from a file that is too long, and told from which file it came', async () => {
    const long = await stored('long', ' '.repeat(2 ** 20 + 1));
    await expect(chosenArchitecture({ architecture: `@${long}` }, NONE)).rejects.toThrow(/1048576/);
    const bad = await stored('bad.json', '{"layers":[3]}');
    await expect(chosenArchitecture({ architecture: `@${bad}` }, NONE)).rejects.toThrow(
      /^--architecture: .*bad\.json: architecture\.layers/,
    );
  });

  it.each([
    ['3-4-2/relu', /--activation gelu: 3-4-2\/relu names its own/],
    [JSON.stringify(RESIDUAL), /--activation gelu: 3-graph-\w+ names its own/],
  ])('is refused with another activation than its own: %s', async (form, message) => {
    const flags = { architecture: form, activation: 'gelu' } as const;
    await expect(chosenArchitecture(flags, NONE)).rejects.toThrow(message);
    const known = [{ ...architecture([3, 4, 2]), runs: 1, accuracy: 1 }];
    await expect(chosenArchitecture(flags, { ...NONE, known })).rejects.toThrow(message);
  });
});

describe('lists of architectures', () => {
  it('have runs behind a colon, and JSON colons of its own', () => {
    const json = '{"layers":[3,2]}';
    expect(
      parseArchitectureList(
        `30,16,2:20;30-16-2/tanh;@block.json:3;@dir:x.json;@dir:x.json:4; ${json} ;${json}: 7`,
      ),
    ).toEqual([
      { form: '30,16,2', runs: 20 },
      { form: '30-16-2/tanh', runs: undefined },
      { form: '@block.json', runs: 3 },
      { form: '@dir:x.json', runs: undefined },
      { form: '@dir:x.json', runs: 4 },
      { form: json, runs: undefined },
      { form: json, runs: 7 },
    ]);
  });

  it.each(['', ';', '30,2:0', ':3', '{"layers":[3,2]}:0'])("refuse '%s'", (text) => {
    expect(() => parseArchitectureList(text)).toThrow(InvalidArgumentError);
  });

  it.each(['30,2:', '30,2:x', '30,2:1:2'])(
    "refuse '%s', which has no runs behind its last colon",
    async (text) => {
      const list = parseArchitectureList(text);
      await expect(chosenArchitectures(list, undefined, 'relu')).rejects.toThrow(
        /^--architectures: expected 30-16-16-2\/relu, .*, got '30,2:/,
      );
    },
  );

  it('are apart from widths, which have no activation', () => {
    expect(parseLayers('30, 16,2')).toEqual([30, 16, 2]);
    expect(parseLayers('30-16-2')).toEqual([30, 16, 2]);
    for (const text of ['', '30,', '30;2', '30,-2', '30-2/relu', '1e3,2']) {
      expect(() => parseLayers(text), text).toThrow(InvalidArgumentError);
    }
  });
});
