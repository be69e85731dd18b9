import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/random.js';
import { weightspring, weightspringOk } from '../support/compiled.js';

let folder: string;
let data: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weightspring-create-'));
  data = join(folder, 'points.csv');
  const random = new Random(1, 'points');
  const rows = Array.from({ length: 200 }, (_, i) => {
    const [x, y] = [random.normal(), random.normal()];
    return `${x.toFixed(3)},${y.toFixed(3)},${['a', 'b'][i % 2]!},${x + y > 0 ? 'yes' : 'no'}\n`;
  });
  await writeFile(data, `x,y,letter,label\n${rows.join('')}`);
});

afterAll(() => rm(folder, { recursive: true }));

describe('create', () => {
  it('makes a flow of a file that can be sampled and evaluated', async () => {
    const models = join(folder, 'models');
    const named = ['--data', data, '--target', 'label'];
    const { stdout } = await weightspringOk([
      ...['create', 'points', ...named, '--minutes', '0.01', '--threads', '1', '--json'],
      ...['--out', models, '--run-dir', join(folder, 'run')],
    ]);
    const created = JSON.parse(stdout) as Record<string, { accuracy: number; networks: number }>;
    expect(created).toMatchObject({ flow: 'points', architecture: '3-16-16-2' });
    expect(created.trained!.accuracy).toBeGreaterThan(0.85);
    expect(created.generated!.networks).toBe(32);
    expect(created.logistic!.accuracy).toBeGreaterThan(0.85);
    const config = JSON.parse(await readFile(join(models, 'points', 'config.json'), 'utf8')) as {
      featureNames: string[];
    };
    expect(config.featureNames).toEqual(['x', 'y', 'letter=b']);
    const { status } = await weightspring([
      ...['evaluate', '--flow', 'points', '--models-dir', models, '--samples', '4', '--no-nulls'],
      ...named,
    ]);
    expect(status).toBe(0);
    // Seconds make no flow that is worth serving, or one that is: what it says is what a request gets.
    const { refusal } = JSON.parse(stdout) as { refusal: string | null };
    const asked = await weightspring([
      ...['sample', '--flow', 'points', '--models-dir', models],
      ...['--out', join(folder, 'network.onnx')],
    ]);
    expect(asked.status).toBe(refusal === null ? 0 : 2);
    expect(asked.stderr).toContain(refusal ?? '');
  }, 600_000);
});
