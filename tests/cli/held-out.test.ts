import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelCard } from '../../src/evaluation/card.js';
import { parseFlowConfig } from '../../src/flows/parse-flow-config.js';
import { readFlowConfig } from '../../src/flows/flow-store.js';
import { HELD_OUT_LOG, type HeldOutRecord } from '../../src/training/held-out.js';
import { readTrainingLog } from '../../src/training/training-log.js';
import { weightspring, weightspringOk } from '../support/compiled.js';

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
const train = (name: string, ...options: readonly string[]): readonly string[] => [
  ...['train', '--zoo', at('spirals.zoo'), '--name', name, '--out', at('models', name)],
  ...['--run-dir', at(`${name}.run`), '--quick', '--steps', '6', '--device', 'cpu', ...options],
];

describe('train --held-out', { timeout: 240_000 }, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-held-out-'));
    await weightspringOk([
      ...['zoo', 'train', '--task', 'spirals', '--architectures', '2,8,2:4;2,6,2:2'],
      ...['--epochs', '5', '--snapshots', '2', '--device', 'cpu', '--out', at('spirals.zoo')],
    ]);
  }, 240_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('stores the flow of the best checkpoint and says which runs it did not see', async () => {
    const rule = ['--held-out', '0.25', '--checkpoint-every', '2'];
    const { stderr } = await weightspringOk(train('held', ...rule));
    expect(stderr).toMatch(/took update \d of 6, where the held-out loss was least: \d\.\d{4}/);
    const records = await readTrainingLog<HeldOutRecord>(at('held.run'), HELD_OUT_LOG);
    expect(records.map(({ step }) => step)).toEqual([2, 4, 6]);
    const best = records.reduce((a, b) => (b.heldOut < a.heldOut ? b : a));

    const config = await readFlowConfig(at('models', 'held'));
    expect(config.training).toMatchObject({
      config: { heldOut: { fraction: 0.25, every: 2, patience: 4 } },
      heldOut: {
        runs: [{ architecture: '2-8-2/relu', runs: [expect.any(Number)] }],
        best,
        updates: 6,
        endedBy: 'updates',
      },
    });
    expect(config.architectures.map(({ runs }) => runs)).toEqual([4, 2]);
    const card = modelCard({ config, figures: [], reports: [], bySteps: [], commands: [] });
    expect(card).toContain(
      `Runs that were held out: 1, listed below as \`heldOut.runs\`. The flow has the averaged ` +
        `parameters with the least loss on them, ${best.heldOut.toFixed(4)} after ${best.step} ` +
        'updates of 6.',
    );
    expect(await readFile(at('models', 'held', 'loss.svg'), 'utf8')).toContain('held out');
  });

  it('leaves no trace where nothing is held out', async () => {
    await weightspringOk(train('plain', '--patience', '1'));
    const text = await readFile(at('models', 'plain', 'config.json'), 'utf8');
    expect(text).not.toContain('heldOut');
    const config = parseFlowConfig(text, 'config.json');
    const card = modelCard({ config, figures: [], reports: [], bySteps: [], commands: [] });
    expect(card).not.toContain('held out');
  });

  it.each<[string, readonly string[], RegExp]>([
    [
      'too few runs',
      ['--held-out', '0.1'],
      /--held-out: expected a fraction that takes a run .*got 0\.1 of 4 runs at most/,
    ],
    ['all runs', ['--held-out', '1'], /expected a fraction from 0 to below 1, got '1'/],
    [
      'a flow map',
      ['--held-out', '0.25', '--distil', 'toy'],
      /--held-out: expected none with --distil/,
    ],
  ])('refuses %s', async (_, options, message) => {
    const { status, stderr } = await weightspring(train('refused', ...options));
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });
});
