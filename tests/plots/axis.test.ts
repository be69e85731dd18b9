import { describe, expect, it } from 'vitest';
import { numericAxis, type Axis } from '../../src/plots/axis.js';

const values = ({ ticks }: Axis): number[] => ticks.map(({ value }) => value);
const labels = ({ ticks }: Axis): string[] => ticks.map(({ label }) => label);
const labelled = ({ ticks }: Axis): string[] =>
  ticks.map(({ label }) => label).filter((label) => label !== '');

describe('a linear axis', () => {
  it('marks clean multiples with equal decimals', () => {
    const axis = numericAxis([0, 0.5]);
    expect(values(axis)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5]);
    expect(labels(axis)).toEqual(['0.0', '0.1', '0.2', '0.3', '0.4', '0.5']);
  });

  it('ends on its outermost values, or on ticks around them', () => {
    expect(numericAxis([-0.93, 1.17])).toMatchObject({ min: -0.93, max: 1.17 });
    const nice = numericAxis([-0.93, 1.17], { nice: true });
    expect(nice).toMatchObject({ min: -1, max: 1.5 });
    expect([values(nice)[0], values(nice).at(-1)]).toEqual([-1, 1.5]);
  });

  it('groups thousands and has a minus sign, and powers for very large or small numbers', () => {
    expect(labels(numericAxis([-20_000, 30_000]))).toEqual(
      [-20, -10, 0, 10, 20, 30].map((k) =>
        k === 0 ? '0' : `${k < 0 ? '−' : ''}${Math.abs(k)},000`,
      ),
    );
    expect(labels(numericAxis([0, 4e7])).slice(0, 3)).toEqual(['0', '5×10⁶', '10⁷']);
    expect(labels(numericAxis([0, 3e-6])).slice(0, 3)).toEqual(['0', '5×10⁻⁷', '10⁻⁶']);
  });

  it('has room around a single value, and a unit interval without any', () => {
    expect(numericAxis([5])).toMatchObject({ min: 4.5, max: 5.5 });
    expect(numericAxis([0, 0])).toMatchObject({ min: -1, max: 1 });
    expect(numericAxis([NaN, Infinity])).toMatchObject({ min: 0, max: 1 });
  });

  it('places values between 0 and 1', () => {
    const axis = numericAxis([2, 4]);
    expect([2, 3, 4].map((value) => axis.fraction(value))).toEqual([0, 0.5, 1]);
    expect([1, NaN].map((value) => axis.shows(value))).toEqual([true, false]);
  });
});

describe('a logarithmic axis', () => {
  const log = (...shown: readonly number[]): Axis => numericAxis(shown, { log: true });

  it('has a line for every digit where few decades are shown, and labels that fit', () => {
    const axis = log(1, 64);
    expect(values(axis)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60]);
    expect(labelled(axis)).toEqual(['1', '2', '3', '4', '10', '20', '30', '40']);
  });

  it('marks powers of ten where many decades are shown, thinned where there are more', () => {
    expect(labelled(log(1e-12, 1))).toEqual([
      '10⁻¹²',
      '10⁻¹⁰',
      '10⁻⁸',
      '10⁻⁶',
      '10⁻⁴',
      '10⁻²',
      '10⁰',
    ]);
    expect(labelled(log(1e-7, 1)).length).toBeLessThanOrEqual(8);
  });

  it('ends on powers of ten if asked, inside a decade on linear ticks', () => {
    const nice = (...shown: readonly number[]): Axis =>
      numericAxis(shown, { log: true, nice: true });
    expect(nice(0.003, 0.5)).toMatchObject({ min: 0.001, max: 1 });
    const narrow = nice(0.921, 0.979);
    expect(narrow).toMatchObject({ min: 0.92, max: 0.98 });
    expect(labels(narrow)).toEqual(['0.92', '0.93', '0.94', '0.95', '0.96', '0.97', '0.98']);
  });

  it('places values by their logarithm, and none that is not positive', () => {
    const axis = log(1, 100);
    expect(axis.fraction(10)).toBeCloseTo(0.5, 12);
    expect([1, 0, -1, Infinity].map((value) => axis.shows(value))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(log(0, -1)).toMatchObject({ min: 1, max: 10 });
    expect(log(3)).toMatchObject({ min: 1.5, max: 6 });
  });
});
