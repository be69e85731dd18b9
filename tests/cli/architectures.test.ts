import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { weightspring, weightspringOk } from '../support/compiled.js';

const RESIDUAL = {
  input: [2],
  nodes: [
    { op: 'dense', units: 6, id: 'stem' },
    { op: 'activation', function: 'relu' },
    { op: 'dense', units: 4 },
    { op: 'activation', function: 'relu' },
    { op: 'dense', units: 6, id: 'block' },
    { op: 'add', inputs: ['stem', 'block'] },
    { op: 'dense', units: 2 },
  ],
};

describe('architectures on the command line', { timeout: 120_000 }, () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-graphs-'));
    await writeFile(at('block.json'), JSON.stringify(RESIDUAL));
    await writeFile(at('wide.json'), JSON.stringify({ ...RESIDUAL, input: [30] }));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('make zoos of residual perceptrons beside others, which are aligned', async () => {
    const list = `@${at('block.json')}:3;2-4-2/tanh:2;2-4-2/relu:2`;
    await weightspringOk([
      ...['zoo', 'train', '--task', 'spirals', '--architectures', list],
      ...['--epochs', '3', '--out', at('raw.zoo')],
    ]);
    await weightspringOk(['zoo', 'align', at('raw.zoo'), '--pairs', '2', '--out', at('zoo.zoo')]);
    const { stdout } = await weightspringOk(['zoo', 'info', at('zoo.zoo'), '--json']);
    const { architectures, alignment } = JSON.parse(stdout) as {
      architectures: readonly { architecture: unknown; runs: number }[];
      alignment: { record: Readonly<Record<string, number>> };
    };
    expect(architectures.map(({ architecture, runs }) => [architecture, runs])).toEqual([
      [RESIDUAL, 3],
      [{ layers: [2, 4, 2], activation: 'tanh' }, 2],
      [{ layers: [2, 4, 2], activation: 'relu' }, 2],
    ]);
    const [graph, ...others] = Object.keys(alignment.record).filter((key) => key.endsWith('after'));
    expect(graph).toMatch(/^2-graph-[0-9a-f]{16} barrier after$/);
    expect(others).toEqual(['2-4-2/tanh barrier after', '2-4-2/relu barrier after']);
  });

  it('are the usual one of a flow where none is named', async () => {
    const out = at('net.safetensors');
    const { stdout } = await weightspringOk(['sample', '--flow', 'wdbc', '--out', out, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      architecture: { layers: [30, 16, 16, 2], activation: 'relu' },
    });
  });

  it.each([
    [
      'a graph that a flow cannot draw',
      ['sample', '--flow', 'wdbc', '--architecture', '@wide.json', '--out', 'net.onnx'],
      /flow wdbc makes networks of 1, 2 or 3 hidden layers, 30-h1-2, .*: got 30-graph-[0-9a-f]{16}\n$/,
    ],
    [
      'an unknown op',
      [
        ...['zoo', 'train', '--task', 'spirals', '--out', 'x.zoo', '--architecture'],
        '{"input":[2],"nodes":[{"op":"dense","units":2},{"op":"unheard-of"}]}',
      ],
      /--architecture: architecture\.nodes\[1\]\.op: expected an op of dense, /,
    ],
    [
      'two ways to say it',
      ['sample', '--flow', 'wdbc', '--architecture', '30-2', '--layers', '30,2', '--out', 'n.onnx'],
      /--architecture.*cannot be used with.*--layers/,
    ],
  ])('are refused in one line: %s', async (_name, args, complaint) => {
    const named = args.map((arg) => (arg === '@wide.json' ? `@${at('wide.json')}` : arg));
    const { status, stderr } = await weightspring(named);
    expect(stderr).toMatch(/^weightspring: [^\n]+\n$/);
    expect(stderr).toMatch(complaint);
    expect(status).toBe(2);
  });
});
