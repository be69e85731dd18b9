import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { buildReference } from '../../src/evaluation/build-reference.js';
import { evaluateSamples, type EvaluationOptions } from '../../src/evaluation/evaluate.js';
import { reportTable } from '../../src/evaluation/report.js';
import { spirals } from '../../src/data/spirals.js';
import { errorSetBytes } from '../../src/zoo/error-set.js';
import { prepareTask } from '../../src/zoo/prepared-task.js';
import {
  constantNetwork,
  deep,
  makeZoo,
  randomNetworks,
  shuffled,
  small,
  task,
} from './spirals-zoo.js';

const members = randomNetworks(small, 16, 1);
const zoo = makeZoo([
  [small, members],
  [deep, randomNetworks(deep, 3, 2)],
]);
const reference = await buildReference(zoo, task);

function evaluate(options: Partial<EvaluationOptions> = {}) {
  return evaluateSamples({
    reference,
    architecture: small,
    networks: members,
    task,
    steps: 8,
    seed: 1,
    ...options,
  });
}

describe('evaluateSamples', () => {
  it('gives the zoo its own figures when it samples the zoo itself', async () => {
    const { samples, zoo: own, novelty } = await evaluate();
    expect(samples.accuracy).toEqual(own.accuracy);
    expect(samples.crossEntropy.mean).toBeCloseTo(own.crossEntropy.mean ?? NaN, 12);
    expect(samples.ece.mean).toBeCloseTo(own.ece.mean ?? NaN, 12);
    expect(novelty.maxErrorIoU).toBe(1);
    expect(novelty.independentMaxErrorIoU).toBe(reference.architectures[0]?.independentMaxErrorIoU);
  });

  it('knows copies of the zoo whatever the order of their neurons', async () => {
    const copies = members.map((weights, k) => shuffled(small, weights, k));
    expect((await evaluate({ networks: copies })).novelty.maxErrorIoU).toBe(1);
  });

  it('measures hand-made networks: one says always 0, the other always 1', async () => {
    const networks = [constantNetwork(small, 0), constantNetwork(small, 1)];
    const { samples, averaged, diversity, split } = await evaluate({ networks });
    expect(split).toEqual({
      part: 'test',
      rows: task.split.test.length,
      seed: 0,
      validationFraction: 0.1,
      testFraction: 0.3,
    });
    // The test part has as many rows of one class as of the other.
    const sure = 1 / (1 + Math.exp(-3));
    expect(samples).toMatchObject({ count: 2, accuracy: { mean: 0.5, std: 0, min: 0.5 } });
    expect(samples.crossEntropy.mean).toBeCloseTo(-Math.log(sure * (1 - sure)) / 2, 12);
    expect(samples.ece.mean).toBeCloseTo(sure - 0.5, 12);
    expect(averaged.curve).toEqual([
      { samples: 1, accuracy: 0.5 },
      { samples: 2, accuracy: averaged.accuracy },
    ]);
    const entropy = -sure * Math.log(sure) - (1 - sure) * Math.log(1 - sure);
    expect(diversity).toBeCloseTo(Math.LN2 - entropy, 12);
  });

  it('has nothing to note about a fully known architecture', async () => {
    const report = await evaluate();
    expect(report.note).toBeNull();
    expect(report.baselines.soup).toEqual(reference.architectures[0]?.baselines.soup);
    expect(report.zoo).not.toHaveProperty('errorSets');
  });

  it('notes a baseline that the zoo is too small for', async () => {
    const report = await evaluate({ architecture: deep, networks: randomNetworks(deep, 2, 7) });
    expect(report.note).toMatch(/too few.*soup/);
    expect(report.note).not.toMatch(/interpolation/);
    expect(report.baselines.soup.accuracy).toBeNull();
  });

  describe('for an architecture outside the zoo', () => {
    const unseen = architecture([2, 6, 2]);
    const networks = randomNetworks(unseen, 2, 3);

    it('gives null and says why', async () => {
      const report = await evaluate({ architecture: unseen, networks });
      expect(report.zoo.accuracy.mean).toBeNull();
      expect(report.judgement).toBeNull();
      expect(report.baselines.interpolation.accuracy).toBeNull();
      expect(report.novelty.novelAndAccurate).toBeNull();
      expect(report.note).toMatch(/no network of this architecture.*null/);
    });

    it('takes freshly trained networks instead', async () => {
      const metrics = {
        runs: 1,
        accuracy: { mean: 0.6, std: 0.1, min: 0.4 },
        crossEntropy: { mean: 0.5 },
        ece: { mean: 0.05 },
      };
      const perfect = new Uint8Array(errorSetBytes(task.labels.length));
      const fresh = { metrics, errors: [perfect] };
      const report = await evaluate({ architecture: unseen, networks, fresh });
      expect(report.zoo).toEqual(metrics);
      expect(report.judgement).toMatchObject({
        rows: task.split.validation.length,
        trained: { runs: 1, accuracy: 1 },
      });
      expect(report.novelty.novelAndAccurate).not.toBeNull();
      expect(report.note).toMatch(/freshly trained/);
    });

    it('takes the independent overlap from the whole zoo, weighted by runs', async () => {
      const [a, b] = reference.architectures;
      const expected = (16 * a!.independentMaxErrorIoU! + 3 * b!.independentMaxErrorIoU!) / 19;
      const { novelty } = await evaluate({ architecture: unseen, networks });
      expect(novelty.independentMaxErrorIoU).toBeCloseTo(expected, 12);
    });
  });

  it('refuses data on which figures would not be comparable', async () => {
    const other = prepareTask(spirals({ rowsPerClass: 50, seed: 1 }));
    await expect(evaluate({ task: other })).rejects.toThrow(/not be comparable/);
    await expect(evaluate({ task: other })).rejects.toThrow(
      expect.objectContaining({ code: 'data-corrupt' }),
    );
  });

  it.each([
    ['no samples', { networks: [] }, 'samples'],
    ['a wrong input width', { architecture: architecture([3, 4, 2]) }, 'architecture.layers'],
    ['a wrong output width', { architecture: architecture([2, 4, 3]) }, 'architecture.layers'],
  ])('refuses %s', async (_, options, field) => {
    await expect(evaluate(options)).rejects.toThrow(
      expect.objectContaining({ code: 'invalid-argument', field }),
    );
  });
});

it('tabulates one row per kind of network, one cell per column', async () => {
  const report = await evaluate();
  const { columns, rows } = reportTable(report);
  expect(rows.map(([name]) => name)).toEqual([
    'trained',
    'generated',
    'generated, averaged',
    'interpolation of 2',
    'soup of 16',
  ]);
  for (const row of rows) expect(row).toHaveLength(columns.length);
  const accuracy = columns.findIndex(({ header }) => header === 'accuracy');
  expect(rows[1]?.[accuracy]).toBe(report.samples.accuracy.mean);
  expect(rows[4]?.[accuracy]).toBe(report.baselines.soup.accuracy);
  expect(columns[accuracy]?.format(1)).toBe('1.0000');
});
