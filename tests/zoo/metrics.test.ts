import { describe, expect, it } from 'vitest';
import { Random } from '../../src/random.js';
import {
  accuracy,
  classificationMetrics,
  crossEntropy,
  expectedCalibrationError,
  jensenShannonDivergence,
  meanPairwiseDivergence,
  meanProbabilities,
  predictions,
  probabilities,
} from '../../src/zoo/metrics.js';

describe('predictions and accuracy', () => {
  it('take the largest score of each row, the first of equals', () => {
    const scores = Float32Array.of(1, 2, 0, 5, -1, 5, -3, -2, -1);
    expect([...predictions(scores, 3)]).toEqual([1, 0, 2]);
    expect(accuracy([1, 0, 2], Uint8Array.of(1, 2, 2))).toBeCloseTo(2 / 3, 12);
  });
});

describe('cross-entropy', () => {
  it('is the mean negative log-likelihood', () => {
    // Logits ln 3, 0 give probabilities 3/4, 1/4.
    const logits = Float64Array.of(Math.log(3), 0, Math.log(3), 0);
    expect(crossEntropy(logits, Uint8Array.of(0, 1))).toBeCloseTo(
      (Math.log(4 / 3) + Math.log(4)) / 2,
      12,
    );
  });

  it('is exact for logits whose exponentials overflow', () => {
    expect(crossEntropy(Float64Array.of(2000, 0), Uint8Array.of(1))).toBeCloseTo(2000, 9);
    expect(crossEntropy(Float64Array.of(-2000, -2000), Uint8Array.of(0))).toBeCloseTo(Math.LN2, 9);
    expect([...probabilities(Float64Array.of(2000, 0), 1)]).toEqual([1, 0]);
  });
});

describe('expected calibration error', () => {
  it('weighs the gap of each confidence bin by its rows', () => {
    // Confidences 0.9, 0.9 (one right), 0.6, 0.6, 0.6 (all right).
    const probs = Float64Array.of(0.9, 0.1, 0.9, 0.1, 0.6, 0.4, 0.6, 0.4, 0.4, 0.6);
    const labels = Uint8Array.of(0, 1, 0, 0, 1);
    expect(expectedCalibrationError(probs, labels)).toBeCloseTo((2 / 5) * 0.4 + (3 / 5) * 0.4, 12);
  });

  it('is near zero for labels drawn from the probabilities, and large for overconfidence', () => {
    const random = new Random(1);
    const rows = 20_000;
    const probs = new Float64Array(2 * rows);
    const labels = new Uint8Array(rows);
    for (let row = 0; row < rows; row++) {
      const p = random.uniform();
      probs.set([p, 1 - p], 2 * row);
      labels[row] = random.uniform() < p ? 0 : 1;
    }
    expect(expectedCalibrationError(probs, labels)).toBeLessThan(0.02);
    const certain = probs.map((p) => Math.round(p));
    expect(expectedCalibrationError(certain, labels)).toBeGreaterThan(0.2);
  });

  it('puts a confidence on the edge of two bins into the lower one', () => {
    // 0.6 = 9/15 is right, 0.65 in the bin above it is wrong: two bins, not one.
    const probs = Float64Array.of(0.6, 0.4, 0.65, 0.35);
    expect(expectedCalibrationError(probs, Uint8Array.of(0, 1))).toBeCloseTo(0.525, 12);
  });

  it('keeps the edges of its range', () => {
    expect(expectedCalibrationError(Float64Array.of(1, 0), Uint8Array.of(0))).toBe(0);
    expect(expectedCalibrationError(Float64Array.of(1, 0), Uint8Array.of(1))).toBe(1);
  });
});

describe('model averaging and diversity', () => {
  const certain = Float64Array.of(1, 0, 0, 1);
  const opposite = Float64Array.of(0, 1, 1, 0);

  it('averages probabilities', () => {
    expect([...meanProbabilities([certain, opposite, opposite, opposite])]).toEqual([
      0.25, 0.75, 0.75, 0.25,
    ]);
  });

  it('measures the Jensen–Shannon divergence in nats, 0 to ln 2', () => {
    expect(jensenShannonDivergence(certain, certain, 2)).toBe(0);
    expect(jensenShannonDivergence(certain, opposite, 2)).toBeCloseTo(Math.LN2, 12);
    // p = (1/2, 1/2), q = (1, 0), m = (3/4, 1/4).
    const half = jensenShannonDivergence(Float64Array.of(0.5, 0.5), Float64Array.of(1, 0), 1);
    const byHand =
      (0.5 * Math.log(0.5 / 0.75) + 0.5 * Math.log(0.5 / 0.25)) / 2 + Math.log(1 / 0.75) / 2;
    expect(half).toBeCloseTo(byHand, 12);
  });

  it('averages it over the pairs', async () => {
    expect(await meanPairwiseDivergence([certain], 2)).toBe(0);
    expect(await meanPairwiseDivergence([certain, certain, opposite], 2)).toBeCloseTo(
      (2 / 3) * Math.LN2,
      12,
    );
  });
});

describe('classificationMetrics', () => {
  it('agrees with its parts and refuses other sizes', () => {
    const logits = new Random(5).normals(30);
    const labels = Uint8Array.from({ length: 10 }, (_, row) => row % 3);
    const metrics = classificationMetrics(logits, labels);
    expect(metrics.crossEntropy).toBe(crossEntropy(logits, labels));
    expect(metrics.accuracy).toBe(accuracy(predictions(logits, 10), labels));
    expect(metrics.ece).toBe(expectedCalibrationError(probabilities(logits, 10), labels));
    expect(() => classificationMetrics(logits, new Uint8Array(7))).toThrow(/7 rows.*30 numbers/);
    expect(() => classificationMetrics(logits, new Uint8Array(0))).toThrow(/at least one/);
  });
});
