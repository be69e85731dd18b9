import { describe, expect, it } from 'vitest';
import { barChart, type BarChartOptions } from '../../src/plots/index.js';
import { all, parseXml, texts, type XmlElement } from './xml.js';

const labelled = { title: 'Accuracy', xLabel: 'network', yLabel: 'accuracy' } as const;
const draw = (options: Omit<BarChartOptions, 'title' | 'xLabel' | 'yLabel'>) =>
  parseXml(barChart({ ...labelled, ...options }));

/** The bars: every rectangle but the card and the legend's swatches. */
const bars = (svg: XmlElement) =>
  all(svg, 'rect')
    .filter(({ attributes }) => attributes.rx === undefined)
    .map(({ attributes }) => ({
      x: Number(attributes.x),
      y: Number(attributes.y),
      width: Number(attributes.width),
      height: Number(attributes.height),
      fill: attributes.fill,
    }));

describe('barChart', () => {
  it('draws heights in proportion, from zero', () => {
    const [one, two] = bars(
      draw({ categories: ['a', 'b'], series: [{ name: 's', values: [1, 2] }] }),
    );
    expect(two!.height / one!.height).toBeCloseTo(2, 2);
    expect(one!.y + one!.height).toBeCloseTo(two!.y + two!.height, 1);
  });

  it('groups series without overlap and leaves a missing value empty', () => {
    const drawn = bars(
      draw({
        categories: ['a', 'b', 'c'],
        series: [
          { name: 's', values: [1, NaN, 3] },
          { name: 't', values: [2, 1, 1] },
        ],
      }),
    );
    expect(drawn.length).toBe(5);
    const ordered = drawn.toSorted((p, q) => p.x - q.x);
    for (let i = 1; i < ordered.length; i++) {
      expect(ordered[i]!.x).toBeGreaterThanOrEqual(ordered[i - 1]!.x + ordered[i - 1]!.width);
    }
  });

  it('draws negative values downwards from the same line', () => {
    const [up, down] = bars(
      draw({ categories: ['a', 'b'], series: [{ name: 's', values: [2, -1] }] }),
    );
    expect(up!.y + up!.height).toBeCloseTo(down!.y, 1);
  });

  it('adds error bars that reach as far as the error', () => {
    const svg = draw({ categories: ['a'], series: [{ name: 's', values: [4], errors: [1] }] });
    const [bar] = bars(svg);
    const upright = all(svg, 'line').find(
      ({ attributes }) => attributes.stroke === '#1f2933' && attributes.x1 === attributes.x2,
    )!;
    const length = Number(upright.attributes.y2) - Number(upright.attributes.y1);
    expect(length / bar!.height).toBeCloseTo(2 / 4, 2);
  });

  it('gives the smallest bar of a logarithmic axis a height', () => {
    const drawn = bars(
      draw({
        categories: ['a', 'b', 'c'],
        series: [{ name: 's', values: [1, 10, 100] }],
        logY: true,
      }),
    );
    expect(drawn[0]!.height).toBeGreaterThan(10);
    expect(drawn[2]!.height - drawn[1]!.height).toBeCloseTo(drawn[1]!.height - drawn[0]!.height, 1);
  });

  it('tilts labels that would run into each other', () => {
    const categories = Array.from({ length: 16 }, (_, i) => `784-${String(i)}-${String(i)}-10`);
    const values = categories.map((_, i) => i);
    const tilted = (names: readonly string[]) =>
      all(draw({ categories: names, series: [{ name: 's', values }] }), 'text').filter(
        ({ attributes }) => attributes.transform?.startsWith('rotate(-35') === true,
      ).length;
    expect(tilted(categories)).toBe(16);
    expect(tilted(['a', 'b'])).toBe(0);
  });

  it('says that there are no data', () => {
    expect(texts(draw({ categories: [], series: [] }))).toContain('no data');
    expect(texts(draw({ categories: ['a'], series: [] }))).toContain('no data');
  });
});
