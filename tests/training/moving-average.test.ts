import { describe, expect, it } from 'vitest';
import { ParameterAverage } from '../../src/training/moving-average.js';

describe('ParameterAverage', () => {
  it('forgets quickly at first and slowly later', () => {
    const average = new ParameterAverage([Float32Array.of(0)], { decay: 0.5 });
    average.update([Float32Array.of(11)]);
    // d₁ = min(0.5, 2/11)
    expect(average.values[0]![0]).toBeCloseTo(9, 5);
    for (let n = 2; n <= 100; n++) average.update([Float32Array.of(9)]);
    const before = average.values[0]![0]!;
    average.update([Float32Array.of(before + 1)]);
    expect(average.values[0]![0]).toBeCloseTo(before + 0.5, 5);
  });

  it('copies its start and continues bit-exactly from a saved state', () => {
    const start = Float32Array.of(1, 2);
    const whole = new ParameterAverage([start], { decay: 0.9 });
    const before = new ParameterAverage([start], { decay: 0.9 });
    start[0] = 100;
    expect(whole.values[0]![0]).toBe(1);
    const after = new ParameterAverage([new Float32Array(2)], { decay: 0.9 });
    for (let n = 0; n < 6; n++) {
      const parameters = [Float32Array.of(Math.sin(n), n)];
      whole.update(parameters);
      if (n === 3) after.restore(before.state());
      (n < 3 ? before : after).update(parameters);
    }
    expect(after.state()).toEqual(whole.state());
  });

  it('refuses a decay outside [0, 1) and parameters of other sizes', () => {
    expect(() => new ParameterAverage([], { decay: 1 })).toThrow(/\[0, 1\)/);
    const average = new ParameterAverage([new Float32Array(2)]);
    expect(() => {
      average.update([new Float32Array(3)]);
    }).toThrow(/2 elements/);
    expect(() => {
      average.restore({ updates: 0, values: [] });
    }).toThrow(/other sizes/);
  });
});
