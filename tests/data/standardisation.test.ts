import { describe, expect, it } from 'vitest';
import { Random } from '../../src/random.js';
import { fitStandardisation, standardise } from '../../src/data/standardisation.js';

describe('standardisation', () => {
  const features = Float32Array.of(1, 10, 7, 3, 30, 7, 1000, -1000, 8);
  const dataset = { features, featureNames: ['a', 'b', 'c'], sharedUnit: false };
  const train = Int32Array.of(0, 1);

  it('is fitted on the given rows only, with scale 1 for a constant feature', () => {
    const { mean, scale } = fitStandardisation(dataset, train);
    expect(mean).toEqual([2, 20, 7]);
    expect(scale).toEqual([1, 10, 1]);
    expect([...standardise(features, { mean, scale })]).toEqual([-1, -1, 0, 1, 1, 0, 998, -102, 1]);
    expect([...standardise(features, { mean, scale }, Int32Array.of(2, 0))]).toEqual([
      998, -102, 1, -1, -1, 0,
    ]);
  });

  it('treats a constant that float32 cannot hold exactly as constant', () => {
    const constant = new Float32Array(300).fill(0.1);
    const rows = Int32Array.from({ length: 300 }, (_, row) => row);
    const { scale } = fitStandardisation(
      { features: constant, featureNames: ['a'], sharedUnit: false },
      rows,
    );
    expect(scale).toEqual([1]);
  });

  it('gives features of one unit one mean and one scale', () => {
    const { mean, scale } = fitStandardisation({ ...dataset, sharedUnit: true }, train);
    const values = [1, 10, 7, 3, 30, 7];
    const average = values.reduce((sum, x) => sum + x) / 6;
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - average) ** 2, 0) / 6);
    expect(new Set(mean).size).toBe(1);
    expect(mean[2]).toBeCloseTo(average, 10);
    expect(scale[1]).toBeCloseTo(deviation, 10);
  });

  it('leaves mean 0 and variance 1 on the rows it was fitted on', () => {
    const values = new Random(2).normals(400).map((x) => 5 * x + 100);
    const rows = Int32Array.from({ length: 200 }, (_, row) => row);
    const two = { features: values, featureNames: ['a', 'b'], sharedUnit: false };
    const z = standardise(values, fitStandardisation(two, rows));
    const again = fitStandardisation({ ...two, features: z }, rows);
    again.mean.forEach((mean) => {
      expect(mean).toBeCloseTo(0, 5);
    });
    again.scale.forEach((scale) => {
      expect(scale).toBeCloseTo(1, 5);
    });
  });
});
