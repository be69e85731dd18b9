import { describe, expect, it } from 'vitest';
import { barsOf } from '../../../src/evaluation/scrutiny/bars.js';
import { besideEachOther } from '../../../src/evaluation/scrutiny/averages.js';
import { bestOf, contender } from '../../../src/evaluation/scrutiny/contender.js';
import { distanceNovelty } from '../../../src/evaluation/scrutiny/distance-novelty.js';
import type { Member } from '../../../src/evaluation/scrutiny/member.js';
import { errorSet } from '../../../src/zoo/error-set.js';

const bars = { lenient: 0.85, strict: 0.92 };
const scale = { median: 4, fifthPercentile: 3 };

function member(accuracy: number, distance: number | null, validationAccuracy = accuracy): Member {
  return { accuracy, crossEntropy: 0.5, validationAccuracy, errorIoU: 0.25, distance };
}

it('puts the strict bar a point below the median of trained networks on the rows named', () => {
  const labels = [0, 0, 0, 0, 1];
  const right = (...wrong: number[]) =>
    errorSet(
      labels.map((label, row) => (wrong.includes(row) ? 1 - label : label)),
      labels,
    );
  // On the rows 0 to 3 right in 1, ¾ and ½ of the cases; row 4 does not count.
  const trained = [right(4), right(0, 4), right(0, 1, 4)];
  const { lenient, strict } = barsOf(trained, Int32Array.of(0, 1, 2, 3));
  expect(lenient).toBe(0.85);
  expect(strict).toBeCloseTo(0.74, 12);
});

it('counts who is novel, and who is novel and accurate', () => {
  const networks = [
    { accuracy: 0.99, distance: 1 },
    { accuracy: 0.9, distance: 3 },
    { accuracy: 0.8, distance: 6 },
    { accuracy: 0.95, distance: 8 },
  ];
  expect(distanceNovelty(networks, scale, bars)).toEqual({
    networks: 4,
    medianRatio: 4.5 / 4,
    smallestRatio: 1 / 4,
    novel: 3 / 4,
    distanceNovelAndAccurate: { lenient: 2 / 4, strict: 1 / 4 },
  });
});

describe('contender', () => {
  const members = Array.from({ length: 17 }, (_, k) => member(0.8 + k / 100, k, k % 8));

  it('takes of every 8 the best by validation, and leaves out the rest', () => {
    expect(bestOf(members, 8)).toEqual([members[7], members[15]]);
    const { bestOf: best } = contender(members, { bars, scale });
    expect(best).toMatchObject({
      networks: 2,
      accuracy: { min: expect.closeTo(0.87, 12) as number },
      crossEntropy: 0.5,
    });
    expect(contender(members.slice(0, 7), { bars, scale }).bestOf).toBeNull();
  });

  it('does not depend on the order of its members', () => {
    const own = contender(members, { bars, scale });
    const turned = contender([...members].reverse(), { bars, scale });
    expect(turned.distance).toEqual(own.distance);
    expect(turned.accuracy.mean).toBeCloseTo(own.accuracy.mean, 12);
    expect(turned.accuracy.std).toBeCloseTo(own.accuracy.std, 12);
  });

  it('has no distances without a scale or bars, and leaves out networks without', () => {
    expect(contender(members, { bars, scale: null }).distance).toBeNull();
    expect(contender(members, { bars: null, scale }).distance).toBeNull();
    const some = [member(0.9, 4), member(0.9, null)];
    expect(contender(some, { bars, scale })).toMatchObject({
      networks: 2,
      distance: { networks: 1, medianRatio: 1, novel: 1 },
    });
  });
});

it('puts averages of as many networks beside each other', () => {
  const curve = (...points: (readonly [number, number])[]) =>
    points.map(([samples, accuracy]) => ({ samples, accuracy }));
  expect(besideEachOther(curve([1, 0.5], [2, 0.6]), curve([1, 0.7], [3, 0.8]))).toEqual([
    { networks: 1, samples: 0.5, trained: 0.7 },
    { networks: 2, samples: 0.6, trained: null },
    { networks: 3, samples: null, trained: 0.8 },
  ]);
});
