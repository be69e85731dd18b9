import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { weightspring, weightspringOk } from '../support/compiled.js';

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
const train = (name: string, ...options: readonly string[]): readonly string[] => [
  ...['train', '--zoo', at('spirals.zoo'), '--name', name, '--out', at('models', name)],
  ...['--run-dir', at(`${name}.run`), '--quick', '--device', 'cpu', ...options],
];
const DISTIL = ['--distil', 'models/plain', '--distil-steps', '4'] as const;
const distil = (...options: readonly string[]): readonly string[] =>
  train('map', ...DISTIL.map((word) => word.replace('models', at('models'))), ...options);

describe('train --distil', { timeout: 240_000 }, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-distil-'));
    await weightspringOk([
      ...['zoo', 'train', '--task', 'spirals', '--architectures', '2,8,2:4', '--epochs', '5'],
      ...['--snapshots', '2', '--device', 'cpu', '--out', at('spirals.zoo')],
    ]);
    const recipe = [
      ...['--geometry', 'geometric', '--prior', 'matched', '--skip', 'euclidean'],
      ...['--input-metric', '2'],
    ];
    await weightspringOk(train('plain', '--steps', '6', ...recipe));
  }, 240_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('makes a flow map of a flow, which is sampled in one step', async () => {
    await weightspringOk(distil('--steps', '4', '--sampling-steps', '1'));
    const read = async (name: string): Promise<Record<string, unknown>> =>
      JSON.parse(await readFile(at('models', name, 'config.json'), 'utf8')) as Record<
        string,
        unknown
      >;
    const [plain, map] = [await read('plain'), await read('map')];
    for (const field of [
      ...['geometry', 'velocity', 'prediction', 'skip', 'prior', 'scales', 'inputMetric'],
    ]) {
      expect(map[field], field).toEqual(plain[field]);
    }
    expect(map).toMatchObject({
      flowMap: true,
      steps: { default: 1 },
      training: {
        config: {
          behaviour: { weight: 0.5, rows: 128 },
          distil: { teacher: 'plain', steps: 4 },
        },
      },
    });
    const out = at('one.onnx');
    await weightspringOk([
      ...['sample', '--models-dir', at('models'), '--flow', 'map', '--layers', '2,8,2'],
      ...['--seed', '1', '--out', out],
    ]);
    expect((await readFile(out)).length).toBeGreaterThan(100);
  });

  it('refuses what the flow decides, and a flow that is not there', async () => {
    for (const option of ['--geometry', '--prior', '--width']) {
      const value = { '--geometry': 'euclidean', '--prior': 'uniform', '--width': '16' }[option]!;
      const { status, stderr } = await weightspring(distil(option, value));
      expect(status, option).toBe(2);
      expect(stderr).toMatch(new RegExp(`${option} is decided by the flow`));
    }
    const missing = await weightspring(train('map', '--distil', at('models', 'none')));
    expect(missing.status).toBe(2);
    expect(missing.stderr).toMatch(/none/);
  });
});
