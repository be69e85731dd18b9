import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  architectureFiles,
  withinLine,
} from '../../../src/experiments/architectures/architectures-page.js';
import {
  readCardedFlow,
  type CardedFlow,
} from '../../../src/experiments/architectures/carded-flow.js';
import { figuresText, type FlowFigure } from '../../../src/flows/flow-figures.js';
import { openFlow } from '../../../src/flows/flow-store.js';
import { architecture } from '../../../src/network/architecture.js';
import { TOY_FLOW, writeToyFlow, type ToyFlow } from '../../support/toy-flow.js';

const judgement = (skill: number): FlowFigure['judgement'] => ({
  rows: 100,
  guessing: 0.5,
  trained: { runs: 3, accuracy: 0.95 },
  skill,
  broken: 0,
});
const figure = (layers: readonly number[], change: Partial<FlowFigure> = {}): FlowFigure => ({
  ...architecture(layers),
  solver: 'euler',
  steps: 4,
  samples: 64,
  accuracy: { mean: 0.94, min: 0.8 },
  crossEntropy: 0.3,
  trainedAccuracy: 0.95,
  noveltyMedianRatio: 0.97,
  judgement: judgement(0.95),
  ...change,
});
const figures = [
  figure([2, 8, 2]),
  figure([2, 10, 2], { accuracy: { mean: 0.9399, min: 0.8 }, noveltyMedianRatio: null }),
  figure([2, 20, 2], { trainedAccuracy: null, judgement: null }),
  figure([2, 30, 2], { accuracy: { mean: 0.6, min: 0.4 }, judgement: judgement(0.2) }),
  figure([2, 8, 2], { steps: 1, accuracy: { mean: 0.2, min: 0.1 } }),
];
const scrutiny = {
  ...architecture([2, 8, 2]),
  steps: 4,
  seed: 1,
  samples: { networks: 64, distance: { medianRatio: 0.96 } },
  heldOut: { distance: { medianRatio: 1.0123 } },
  averages: [
    { networks: 1, samples: 0.94, trained: 0.95 },
    { networks: 64, samples: 0.9612, trained: null },
    { networks: 100, samples: null, trained: 0.97 },
  ],
};

let toy: ToyFlow;
beforeAll(async () => {
  toy = await writeToyFlow();
});
afterAll(() => toy.remove());

/** The flow with a card of this text. */
async function carded(text: string): Promise<CardedFlow> {
  await writeFile(join(toy.folder, 'figures.json'), text);
  return readCardedFlow(toy.modelsDir, await openFlow(join(toy.modelsDir, TOY_FLOW)));
}

describe('readCardedFlow', () => {
  it('puts figures at the default steps beside scrutinies, and says what is served', async () => {
    const { architectures, ...flow } = await carded(figuresText(figures, [scrutiny]));
    expect(flow).toMatchObject({ name: TOY_FLOW, task: 'spirals', steps: 4, solver: 'euler' });
    expect(architectures.map(({ isSeen, serving }) => [isSeen, serving])).toEqual([
      [true, 'served'],
      [false, 'served'],
      [false, 'extrapolated'],
      [false, 'refused'],
    ]);
    expect(architectures[0]).toMatchObject({
      averagedAccuracy: 0.9612,
      noveltyRatio: 0.97,
      heldOutRatio: 1.0123,
    });
    expect(architectures[1]).toMatchObject({
      averagedAccuracy: null,
      noveltyRatio: null,
      heldOutRatio: null,
    });
  });

  it('reads cards from before there were scrutinies', async () => {
    const { architectures } = await carded(JSON.stringify(figures));
    expect(architectures).toHaveLength(4);
    expect(architectures[0]).toMatchObject({ averagedAccuracy: null, noveltyRatio: 0.97 });
  });

  it('refuses scrutinies that it cannot read, by file and field', async () => {
    const damaged = { ...scrutiny, averages: 'none' };
    await expect(carded(figuresText(figures, [damaged]))).rejects.toMatchObject({
      code: 'data-corrupt',
      message: expect.stringMatching(/figures\.json .*averages/) as unknown,
    });
  });
});

describe('architectureFiles', () => {
  it('has a row for each architecture and counts those within a point', async () => {
    const flow = await carded(figuresText(figures, [scrutiny]));
    expect(withinLine(flow)).toBe(
      '1 of 3 architectures at most one point below trained networks: 1 of 1 seen, 0 of 2 unseen',
    );
    const uncarded = { ...flow, name: 'new', architectures: [] };
    const command = 'weightspring experiment architectures';
    const files = architectureFiles({ flows: [flow, uncarded], command });
    const page = files.get('architectures.md')!;
    const cells = page
      .split('\n')
      .find((line) => line.startsWith('| 2-8-2/relu'))!
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    expect(cells).toEqual([
      ...['2-8-2/relu', 'seen', '0.9400', '0.8000', '0.3000', '0.9612', '0.9500'],
      ...['−1.00', '−15.00', '0.970', '1.012', 'served'],
    ]);
    expect(page).toContain('```sh\nweightspring experiment architectures\n```');
    expect(page).toMatch(/## new \(spirals, [^\n]+\n\nNo card\./);
  });
});
