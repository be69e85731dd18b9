import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { fitLogScales, logScaleMoments, type LogScaleGroup } from '../../src/flow/log-scale.js';
import { Random } from '../../src/random.js';

const WIDTHS = [
  [4, 4],
  [8, 32],
  [16, 16],
  [64, 16],
  [64, 64],
];

/** Log scales 0.7 + 0.4 · mean ln(h/16), with a spread of 0.25 around it. */
function trueMean(hidden: readonly number[]): number {
  return 0.7 + (0.4 * hidden.reduce((sum, h) => sum + Math.log(h / 16), 0)) / hidden.length;
}

const GROUPS: readonly LogScaleGroup[] = WIDTHS.map((hidden, index) => {
  const noise = [...new Random(3, index).normals(2000)].map((x) => 0.25 * x);
  return {
    architecture: architecture([30, ...hidden, 2]),
    logScales: noise.map((x) => trueMean(hidden) + x),
  };
});

describe('the law of log scales', () => {
  it('recovers intercept, slope and spread (0.01: 10,000 networks, and the ridge)', () => {
    const law = fitLogScales(GROUPS)['30-h1-h2-2']!;
    expect(Math.abs(law.intercept - 0.7)).toBeLessThan(0.01);
    expect(Math.abs(law.width - 0.4)).toBeLessThan(0.01);
    expect(Math.abs(law.std - 0.25)).toBeLessThan(0.01);
  });

  it('gives the moments at widths that it never saw (0.02)', () => {
    const laws = fitLogScales(GROUPS);
    for (const hidden of [
      [5, 40],
      [20, 12],
    ]) {
      const { mean, std } = logScaleMoments(laws, architecture([30, ...hidden, 2]));
      expect(Math.abs(mean - trueMean(hidden))).toBeLessThan(0.02);
      expect(Math.abs(std - 0.25)).toBeLessThan(0.01);
    }
  });

  it('is the plain mean, at every width, where only one architecture was seen (1e-12)', () => {
    const arch = architecture([30, 16, 8, 2]);
    const laws = fitLogScales([{ architecture: arch, logScales: [1, 2, 3] }]);
    expect(laws['30-h1-h2-2']!.width).toBe(0);
    for (const each of [arch, architecture([30, 64, 64, 2])]) {
      const { mean, std } = logScaleMoments(laws, each);
      expect(Math.abs(mean - 2)).toBeLessThan(1e-12);
      expect(Math.abs(std - Math.sqrt(2 / 3))).toBeLessThan(1e-12);
    }
  });

  it('keeps a spread above 0 for a single network, and holds without hidden layers', () => {
    const laws = fitLogScales([{ architecture: architecture([30, 2]), logScales: [0.5] }]);
    expect(laws['30-2']!.std).toBeGreaterThan(0);
    expect(logScaleMoments(laws, architecture([30, 2])).mean).toBeCloseTo(0.5, 12);
  });

  it('fits each family apart', () => {
    const shallow = { architecture: architecture([30, 16, 2]), logScales: [-4, -5] };
    const both = fitLogScales([...GROUPS, shallow]);
    expect(Object.keys(both)).toEqual(['30-h1-h2-2', '30-h1-2']);
    expect(both['30-h1-h2-2']).toEqual(fitLogScales(GROUPS)['30-h1-h2-2']);
    expect(logScaleMoments(both, shallow.architecture).mean).toBeCloseTo(-4.5, 12);
  });

  it('refuses a family that was never fitted, and names those that were', () => {
    const laws = fitLogScales(GROUPS);
    expect(() => logScaleMoments(laws, architecture([30, 16, 2]))).toThrow(
      expect.objectContaining({
        code: 'unsupported-architecture',
        field: 'architecture.layers',
        message: 'expected an architecture like 30-h1-h2-2, got 30-16-2/relu',
      }) as Error,
    );
  });
});
