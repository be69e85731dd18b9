import { describe, expect, it } from 'vitest';
import {
  gaussianStart,
  randomStart,
  tensorMoments,
  withFreshOutput,
} from '../../../src/experiments/init/random-starts.js';
import { architecture } from '../../../src/network/architecture.js';
import { networkOf } from '../../../src/network/network.js';
import { Random } from '../../../src/random.js';

const arch = architecture([50, 200, 100]);

function tensor(weights: Float32Array, name: string, of = arch): Float32Array {
  const { offset, size } = networkOf(of).slots.find((slot) => slot.name === name)!;
  return weights.subarray(offset, offset + size);
}

function moments(values: Float32Array): { mean: number; variance: number; largest: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    mean,
    variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length,
    largest: values.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  };
}

describe('randomStart', () => {
  it('draws He weights with variance 2/fanIn, and no biases', () => {
    const weights = randomStart('he', arch, new Random(1));
    const { mean, variance, largest } = moments(tensor(weights, 'w1'));
    expect(mean).toBeCloseTo(0, 2);
    // Five standard errors.
    expect(Math.abs(variance - 2 / 50)).toBeLessThan(0.003);
    // Normal, not uniform, whose bound would be √3 standard deviations.
    expect(largest).toBeGreaterThan(3 * Math.sqrt(2 / 50));
    expect(tensor(weights, 'b1').every((bias) => bias === 0)).toBe(true);
    expect(tensor(weights, 'b2').every((bias) => bias === 0)).toBe(true);
  });

  it('draws Xavier weights uniformly within √(6/(fanIn + fanOut)), and no biases', () => {
    const weights = randomStart('xavier', arch, new Random(1));
    for (const [name, fans] of [
      ['w1', 250],
      ['w2', 300],
    ] as const) {
      const bound = Math.sqrt(6 / fans);
      const { variance, largest } = moments(tensor(weights, name));
      expect(largest).toBeLessThanOrEqual(Math.fround(bound));
      expect(largest).toBeGreaterThan(0.99 * bound);
      expect(variance).toBeCloseTo(bound ** 2 / 3, 3);
    }
    expect(tensor(weights, 'b1').every((bias) => bias === 0)).toBe(true);
  });

  it("draws PyTorch's weights and biases uniformly within 1/√fanIn", () => {
    const weights = randomStart('default', arch, new Random(1));
    for (const name of ['w2', 'b2']) {
      const { largest } = moments(tensor(weights, name));
      expect(largest).toBeLessThanOrEqual(Math.fround(1 / Math.sqrt(200)));
      expect(largest).toBeGreaterThan(0.9 / Math.sqrt(200));
    }
  });
});

describe('gaussianStart', () => {
  it('has the moments of trained networks, scaled by the fan-in for other widths', () => {
    const trained = [1, 2, 3].map((seed) => {
      const weights = new Random(seed).normals(networkOf(arch).parameters);
      // A mean of ½ and a deviation of 2.
      return { architecture: arch, weights: weights.map((value) => 0.5 + 2 * value) };
    });
    const found = tensorMoments(trained);
    expect(found.get('w1')!.mean).toBeCloseTo(0.5 * Math.sqrt(50), 0);
    expect(found.get('w1')!.std).toBeCloseTo(2 * Math.sqrt(50), 0);

    const own = moments(tensor(gaussianStart(arch, found, new Random(9)), 'w1'));
    expect(own.mean).toBeCloseTo(0.5, 1);
    expect(own.variance).toBeCloseTo(4, 0);
    const wide = architecture([50, 800, 100]);
    const output = moments(tensor(gaussianStart(wide, found, new Random(9)), 'w2', wide));
    // Four times the fan-in of the networks whose moments it has.
    expect(output.mean).toBeCloseTo(0.25, 1);
    expect(output.variance).toBeCloseTo(1, 1);
  });
});

describe('withFreshOutput', () => {
  it('replaces the output layer and nothing else', () => {
    const weights = new Float32Array(networkOf(arch).parameters).fill(7);
    const mixed = withFreshOutput(arch, weights, new Random(3));
    expect([...tensor(mixed, 'w1'), ...tensor(mixed, 'b1')].every((value) => value === 7)).toBe(
      true,
    );
    expect([...tensor(mixed, 'w2'), ...tensor(mixed, 'b2')].some((value) => value === 7)).toBe(
      false,
    );
    expect(weights.every((value) => value === 7)).toBe(true);
  });
});
