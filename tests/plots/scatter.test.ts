import { describe, expect, it } from 'vitest';
import { scatter } from '../../src/plots/index.js';
import { all, parseXml, texts } from './xml.js';

const labelled = { title: 'Overlap', xLabel: 'accuracy', yLabel: 'IoU' } as const;

describe('scatter', () => {
  it('draws each finite point in the shape of its series', () => {
    const svg = parseXml(
      scatter({
        ...labelled,
        series: [
          {
            name: 'a',
            points: [
              [0, 0],
              [1, 1],
              [NaN, 0],
            ],
          },
          { name: 'b', points: [[0.5, 0.5]] },
        ],
      }),
    );
    expect(all(svg, 'circle').length).toBe(2 + 1);
    expect(all(svg, 'polygon').length).toBe(1 + 1);
  });

  it('places a middle value in the middle, geometrically on a logarithmic axis', () => {
    for (const [log, middle] of [
      [false, 50.5],
      [true, 10],
    ] as const) {
      const points = [
        [1, 1],
        [middle, 2],
        [100, 3],
      ] as const;
      const svg = parseXml(scatter({ ...labelled, logX: log, series: [{ name: 'a', points }] }));
      const [p, q, r] = all(svg, 'circle').map(({ attributes }) => Number(attributes.cx));
      expect(q! - p!).toBeCloseTo(r! - q!, 1);
    }
  });

  it('says that there are no data', () => {
    expect(texts(parseXml(scatter({ ...labelled, series: [] })))).toContain('no data');
  });

  it('is the same bytes each time', () => {
    const options = { ...labelled, series: [{ name: 'a', points: [[1 / 3, 2 / 3] as const] }] };
    expect(scatter(options)).toBe(scatter(options));
  });
});
