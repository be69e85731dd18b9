import { describe, expect, it } from 'vitest';
import { lineChart, type LineChartOptions } from '../../src/plots/line-chart.js';
import { all, parseXml, pointsOf, texts } from './xml.js';

const labelled = { title: 'Loss', xLabel: 'step', yLabel: 'error' } as const;
const draw = (options: Omit<LineChartOptions, 'title' | 'xLabel' | 'yLabel'>) =>
  parseXml(lineChart({ ...labelled, ...options }));

describe('lineChart', () => {
  it('is one accessible document with a name, a description and its labels', () => {
    const svg = draw({ series: [{ name: 'train', points: [[0, 1]] }] });
    expect(svg.name).toBe('svg');
    expect(svg.attributes).toMatchObject({ role: 'img', viewBox: '0 0 720 440' });
    expect(svg.children[0]).toMatchObject({ name: 'title', text: 'Loss' });
    expect(svg.children[1]).toMatchObject({
      name: 'desc',
      text: 'Line chart of error against step: train.',
    });
    expect(texts(svg)).toEqual(expect.arrayContaining(['Loss', 'step', 'error']));
  });

  it('escapes every text that comes from outside', () => {
    const hostile = '</text><script>alert("1")</script>&';
    const svg = parseXml(
      lineChart({
        title: hostile,
        xLabel: hostile,
        yLabel: hostile,
        series: [
          { name: hostile, points: [[0, 1]] },
          { name: 'b', points: [[1, 2]] },
        ],
      }),
    );
    expect(all(svg, 'script')).toEqual([]);
    expect(texts(svg).filter((text) => text.startsWith('</text><script>')).length).toBe(4);
  });

  it('places equal ratios at equal distances on logarithmic axes', () => {
    const svg = draw({
      series: [
        {
          name: 'a',
          points: [
            [1, 1e-3],
            [10, 1e-2],
            [100, 1e-1],
            [1000, 1],
          ],
        },
      ],
      logX: true,
      logY: true,
    });
    const points = pointsOf(all(svg, 'polyline')[0]!);
    const dx = points.slice(1).map(([x], i) => x - points[i]![0]);
    const dy = points.slice(1).map(([, y], i) => y - points[i]![1]);
    for (const d of dx) expect(d).toBeCloseTo(dx[0]!, 1);
    for (const d of dy) expect(d).toBeCloseTo(dy[0]!, 1);
    expect(dx[0]).toBeGreaterThan(100);
    expect(dy[0]).toBeLessThan(-50);
  });

  it('interrupts the line at places that are not there', () => {
    const svg = draw({
      series: [
        {
          name: 'a',
          points: [
            [0, 1],
            [1, 2],
            [2, NaN],
            [3, 1],
            [4, Infinity],
            [5, 2],
            [6, 1],
          ],
        },
      ],
    });
    expect(all(svg, 'polyline').map((line) => pointsOf(line).length)).toEqual([2, 2]);
    expect(all(svg, 'circle').length).toBe(5);
  });

  it('leaves zero and negative values out of a logarithmic axis', () => {
    const points = [
      [0, 1],
      [1, -1],
      [2, 0],
      [3, 10],
      [4, 100],
    ] as const;
    const svg = draw({ series: [{ name: 'a', points }], logY: true });
    expect(all(svg, 'polyline').map((line) => pointsOf(line).length)).toEqual([2]);
  });

  it.each([
    ['no series', []],
    ['an empty series', [{ name: 'a', points: [] }]],
    ['nothing finite', [{ name: 'a', points: [[NaN, 1] as const] }]],
  ])('says that there are no data for %s', (_, series) => {
    for (const log of [false, true]) {
      const svg = draw({ series, logX: log, logY: log });
      expect(texts(svg)).toContain('no data');
      expect(lineChart({ ...labelled, series, logX: log, logY: log })).not.toMatch(/NaN|Infinity/);
    }
  });

  it('draws constant and single values without dividing by zero', () => {
    for (const value of [0, 5, -3]) {
      const text = lineChart({
        ...labelled,
        series: [
          {
            name: 'a',
            points: [
              [0, value],
              [1, value],
            ],
          },
        ],
      });
      expect(text).not.toMatch(/NaN|Infinity/);
      expect(pointsOf(all(parseXml(text), 'polyline')[0]!).length).toBe(2);
    }
  });

  it('keeps the spike of a long curve while dropping what cannot be seen', () => {
    const points = Array.from({ length: 50_000 }, (_, i) => [i, i === 31_415 ? 9 : 1] as const);
    const text = lineChart({ ...labelled, series: [{ name: 'a', points }] });
    const drawn = pointsOf(all(parseXml(text), 'polyline')[0]!);
    expect(drawn.length).toBeLessThan(4000);
    const top = Math.min(...drawn.map(([, y]) => y));
    const bottom = Math.max(...drawn.map(([, y]) => y));
    expect(bottom - top).toBeGreaterThan(200);
  });

  it('keeps the legend above the plot area and inside the card, however many series', () => {
    const series = Array.from({ length: 17 }, (_, i) => ({
      name: `series number ${String(i)}`,
      points: [
        [0, i],
        [1, i + 1],
      ] as const,
    }));
    const svg = draw({ series });
    const gridTop = Math.min(
      ...all(svg, 'polyline').flatMap((line) => pointsOf(line).map(([, y]) => y)),
    );
    const entries = all(svg, 'text').filter(({ text }) => text.startsWith('series number'));
    expect(entries.length).toBe(17);
    for (const { attributes } of entries) {
      expect(Number(attributes.y)).toBeLessThan(gridTop);
      expect(Number(attributes.x)).toBeLessThan(720 - 80);
    }
    const places = new Set(entries.map(({ attributes }) => `${attributes.x!},${attributes.y!}`));
    expect(places.size).toBe(17);
  });

  it('tells series apart beyond the palette by dashes', () => {
    const series = Array.from({ length: 10 }, (_, i) => ({
      name: String(i),
      points: [
        [0, i],
        [1, i],
      ] as const,
    }));
    const looks = all(draw({ series }), 'polyline').map(
      ({ attributes }) => `${attributes.stroke!} ${attributes['stroke-dasharray'] ?? ''}`,
    );
    expect(new Set(looks).size).toBe(10);
  });
});
