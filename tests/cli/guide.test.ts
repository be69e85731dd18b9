import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../../src/files/safetensors.js';
import { weightspring, weightspringOk } from '../support/compiled.js';
import { TOY_FLOW, writeToyFlow, type ToyFlow } from '../support/toy-flow.js';

const CSV = 'x,y,class\n-0.5,-0.4,first spiral\n0.5,0.6,second spiral\n0.4,0.7,1\n';

describe('weightspring sample --guide', { timeout: 120_000 }, () => {
  let folder: string;
  let flow: ToyFlow;
  const at = (name: string): string => join(folder, name);
  const sample = (): string[] => [
    ...['sample', '--flow', TOY_FLOW, '--models-dir', flow.modelsDir, '--layers', '2,8,2'],
    ...['--out', at('net.safetensors')],
  ];

  const report = async (args: readonly string[] = []): Promise<Report> => {
    const { stdout } = await weightspringOk([...sample(), ...args, '--json']);
    return JSON.parse(stdout) as Report;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-guide-'));
    flow = await writeToyFlow();
    await writeFile(at('rows.csv'), CSV);
    await writeFile(at('bad.csv'), CSV.replace('0.6', 'high'));
    await writeFile(at('other.csv'), 'x,z,class\n1,2,0\n1,2,1\n');
  });

  afterAll(async () => {
    await flow.remove();
    await rm(folder, { recursive: true });
  });

  it('draws other networks than without, and writes down what guided them', async () => {
    const free = await report();
    const chosen = ['--guide-strength', '3', '--guide-schedule', 'linear'];
    const told = await report(['--guide', at('rows.csv'), ...chosen]);
    expect(free).not.toHaveProperty('guide');
    expect(told.guide).toMatchObject({
      rows: 3,
      form: 'end-point',
      schedule: 'linear',
      strength: 3,
      gradients: 1,
      rowsPerStep: 512,
    });
    expect(told.files[0]!.weightsSha256).not.toBe(free.files[0]!.weightsSha256);
    const { metadata } = decodeSafetensors(await readFile(at('net.safetensors')));
    expect(JSON.parse(metadata.guide!)).toEqual(told.guide);
  });

  it('takes the training part of a data set by its name', async () => {
    const told = await report(['--guide-task', 'spirals']);
    expect(told.guide!.rows).toBeGreaterThan(100);
  });

  it.each([
    ['a bad cell', ['--guide', 'bad.csv'], /row 2, column 'y': expected a number, got 'high'/],
    ['another column', ['--guide', 'other.csv'], /expected a column 'y'/],
    ['no such file', ['--guide', 'none.csv'], /none\.csv/],
    ['an unknown target', ['--guide', 'rows.csv', '--guide-target', 'z'], /a column 'z' of labels/],
    ['a target alone', ['--guide-target', 'class'], /name it too/],
    ['a strength alone', ['--guide-strength', '2'], /--guide or --guide-task/],
    ['a negative strength', ['--guide', 'rows.csv', '--guide-strength=-1'], /from 0, got '-1'/],
    ['an unknown form', ['--guide', 'rows.csv', '--guide-form', 'x'], /end-point/],
    ['an unknown schedule', ['--guide', 'rows.csv', '--guide-schedule', 'x'], /falling/],
    ['rows of both kinds', ['--guide', 'rows.csv', '--guide-task', 'spirals'], /conflict|cannot/],
  ])('is refused for %s', async (_, args, message) => {
    const placed = args.map((arg) => (arg.endsWith('.csv') ? at(arg) : arg));
    const { status, stderr } = await weightspring([...sample(), ...placed]);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });
});

describe('weightspring sample --guide-task', () => {
  it('is refused for a data set of other features', async () => {
    const { status, stderr } = await weightspring([
      ...['sample', '--flow', 'wdbc', '--guide-task', 'spirals', '--out', '/dev/null'],
    ]);
    expect(stderr).toMatch(/expected a data set of the 30 features of flow wdbc .*'spirals' has 2/);
    expect(status).toBe(2);
  });
});

interface Report {
  readonly guide?: { readonly rows: number };
  readonly files: readonly { readonly weightsSha256?: string }[];
}
