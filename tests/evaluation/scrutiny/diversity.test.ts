import { describe, expect, it } from 'vitest';
import { diversityRatio, meanPairwiseOverlap } from '../../../src/evaluation/scrutiny/diversity.js';
import { diversityOf } from '../../../src/evaluation/scrutiny/yardstick.js';
import { createPace } from '../../../src/pace.js';
import { errorSet } from '../../../src/zoo/error-set.js';
import { task } from '../spirals-zoo.js';

const rows = task.split.test.length;
const pace = createPace();

/** A network that gives all rows to one class, and what it gets wrong. */
function sureOf(label: 0 | 1) {
  const probs = Float64Array.from({ length: 2 * rows }, (_, i) => (i % 2 === label ? 1 : 0));
  const predicted = new Uint8Array(task.labels.length).fill(label);
  return { probs, errors: errorSet(predicted, task.labels) };
}

async function diversity(...networks: readonly ReturnType<typeof sureOf>[]) {
  return diversityOf(
    networks.map(({ probs }) => probs),
    networks.map(({ errors }) => errors),
    task,
    networks.length,
    pace,
  );
}

describe('diversityOf', () => {
  it('is none among equal networks', async () => {
    expect(await diversity(sureOf(0), sureOf(0), sureOf(0))).toEqual({
      networks: 3,
      divergence: 0,
      errorOverlap: 1,
      averagingGain: 0,
      averaged: 3,
    });
  });

  it('is ln 2 between networks that never say the same, and their errors do not overlap', async () => {
    const both = await diversity(sureOf(0), sureOf(1));
    expect(both?.divergence).toBeCloseTo(Math.LN2, 12);
    expect(both?.errorOverlap).toBe(0);
  });

  it('is the mean over pairs, in whatever order the networks come', async () => {
    const [a, b] = [sureOf(0), sureOf(1)];
    const one = await diversity(a, a, b);
    expect(one?.divergence).toBeCloseTo((2 / 3) * Math.LN2, 12);
    expect(one?.errorOverlap).toBeCloseTo(1 / 3, 12);
    expect((await diversity(b, a, a))?.divergence).toBeCloseTo(one?.divergence ?? NaN, 12);
  });

  it('needs two networks', async () => {
    expect(await diversity(sureOf(0))).toBeNull();
  });
});

it('takes the overlap of every pair once', async () => {
  const sets = [[0b011], [0b110], [0b000]].map((bits) => Uint8Array.from(bits));
  expect(await meanPairwiseOverlap(sets)).toBeCloseTo((1 / 3 + 0 + 0) / 3, 12);
});

it('has no ratio to nothing', async () => {
  const none = (await diversity(sureOf(0), sureOf(0)))!;
  const all = (await diversity(sureOf(0), sureOf(1)))!;
  expect(diversityRatio(all, none)).toMatchObject({ divergence: null, averagingGain: null });
  expect(diversityRatio(none, all)).toMatchObject({ divergence: 0, errorOverlap: null });
});
