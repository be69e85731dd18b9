import { expect, it } from 'vitest';
import { populationMetrics, spread } from '../../src/evaluation/population-metrics.js';

it('gives mean, sample deviation and worst', () => {
  expect(spread([1, 2, 3, 6])).toEqual({ mean: 3, std: Math.sqrt(14 / 3), min: 1 });
  expect(spread([5])).toEqual({ mean: 5, std: 0, min: 5 });
});

it('keeps the metrics apart', () => {
  const metrics = populationMetrics([
    { accuracy: 0.5, crossEntropy: 1, ece: 0.25 },
    { accuracy: 1, crossEntropy: 3, ece: 0.75 },
  ]);
  expect(metrics).toMatchObject({
    accuracy: { mean: 0.75, min: 0.5 },
    crossEntropy: { mean: 2 },
    ece: { mean: 0.5 },
  });
});
