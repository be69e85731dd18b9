import { expect, it } from 'vitest';
import { averagedAccuracy, averagingCurve } from '../../src/evaluation/averaging.js';

const labels = Uint8Array.of(0, 1);
const right = Float64Array.of(0.92, 0.08, 0.08, 0.92);
const wrong = Float64Array.of(0.38, 0.62, 0.62, 0.38);

it('averages probabilities, not votes', () => {
  // Two hesitant networks err, one sure network outweighs them, but not four.
  expect(averagedAccuracy([right, wrong, wrong], labels)).toBe(1);
  expect(averagedAccuracy([wrong], labels)).toBe(0);
});

it('averages over the disjoint groups of each size, and all of them', async () => {
  expect(await averagingCurve([wrong, wrong, right, wrong, wrong], labels)).toEqual([
    { samples: 1, accuracy: 1 / 5 },
    { samples: 2, accuracy: 1 / 2 },
    { samples: 4, accuracy: 1 },
    { samples: 5, accuracy: 0 },
  ]);
  expect(await averagingCurve([right], labels)).toEqual([{ samples: 1, accuracy: 1 }]);
});
