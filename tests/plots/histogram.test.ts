import { describe, expect, it } from 'vitest';
import { histogram, type HistogramOptions } from '../../src/plots/index.js';
import { all, parseXml, texts } from './xml.js';

const labelled = { title: 'Weights', xLabel: 'weight', yLabel: 'count' } as const;

/** Tops of the bins in pixels above the base line. */
function heights(options: Omit<HistogramOptions, 'title' | 'xLabel' | 'yLabel'>): number[][] {
  return all(parseXml(histogram({ ...labelled, ...options })), 'path').map((path) => {
    const levels = [...path.attributes.d!.matchAll(/V([\d.]+)/g)].map(([, y]) => Number(y));
    const base = levels.at(-1)!;
    return levels.slice(0, -1).map((y) => base - y);
  });
}

describe('histogram', () => {
  it('counts every finite value once, the largest in the last bin', () => {
    const values = [0, 0.1, 1.2, 2.5, 2.6, 2.7, 4, NaN, Infinity];
    const [row] = heights({ series: [{ name: 'a', values }], bins: 4 });
    const unit = row![1]!;
    expect(row!.map((height) => Math.round(height / unit))).toEqual([2, 1, 3, 1]);
  });

  it('compares samples of unlike size by density', () => {
    const small = Float32Array.from({ length: 40 }, (_, i) => i % 4);
    const large = Float32Array.from({ length: 4000 }, (_, i) => i % 4);
    const series = [
      { name: 'small', values: small },
      { name: 'large', values: large },
    ];
    const [a, b] = heights({ series, bins: 4, density: true });
    expect(a).toEqual(b);
    const [c, d] = heights({ series, bins: 4 });
    expect(d![0]! / c![0]!).toBeGreaterThan(50);
  });

  it('draws one value, and says when there is none', () => {
    expect(heights({ series: [{ name: 'a', values: [3] }] })[0]!.some((h) => h > 0)).toBe(true);
    expect(
      texts(parseXml(histogram({ ...labelled, series: [{ name: 'a', values: [NaN] }] }))),
    ).toContain('no data');
  });
});
