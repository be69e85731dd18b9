import { describe, expect, it } from 'vitest';
import { alignedAverage } from '../../../src/evaluation/scrutiny/aligned-average.js';
import { PrincipalGaussian } from '../../../src/evaluation/scrutiny/principal-gaussian.js';
import { strongest, type Candidate } from '../../../src/evaluation/scrutiny/strongest.js';
import { withWeightNoise } from '../../../src/evaluation/scrutiny/weight-noise.js';
import { networkOf } from '../../../src/network/network.js';
import { Random } from '../../../src/random.js';
import { deep, randomNetworks, shuffled, small } from '../spirals-zoo.js';

/** With biases, which `initialise` leaves at zero. */
const run = new Random(6).normals(networkOf(small).parameters);

describe('alignedAverage', () => {
  it('of copies is the network itself, whatever the order of their neurons', async () => {
    const copies = Array.from({ length: 5 }, (_, k) => shuffled(small, run, k));
    const average = await alignedAverage(small, copies, 5, { seed: 1, draw: 0 });
    const orders = copies.map((copy) => distance(average, copy));
    expect(Math.min(...orders)).toBeLessThan(1e-6);
  });

  it('of two is their midpoint', async () => {
    const other = Float32Array.from(run, (value) => value + 0.001);
    const average = await alignedAverage(small, [run, other], 2, { seed: 1, draw: 3 });
    average.forEach((value, i) => {
      expect(value).toBeCloseTo(run[i]! + 0.0005, 6);
    });
  });
});

describe('PrincipalGaussian', () => {
  it("of one run's copies draws that run", async () => {
    const gaussian = await PrincipalGaussian.fit([run, run, run]);
    expect(distance(gaussian.draw(2, new Random(1)), run)).toBeLessThan(1e-6);
  });

  it('of two networks lies on their line: mean + z (a − b) / √2', async () => {
    const [a, b] = randomNetworks(small, 2, 4) as [Float32Array, Float32Array];
    const gaussian = await PrincipalGaussian.fit([a, b]);
    const drawn = gaussian.draw(1, new Random(9));
    const [z] = new Random(9).normals(1);
    const along = (sign: number) =>
      a.map((value, i) => (value + b[i]!) / 2 + (sign * z! * (value - b[i]!)) / Math.SQRT2);
    expect(Math.min(distance(drawn, along(1)), distance(drawn, along(-1)))).toBeLessThan(1e-6);
  });

  it('has the variance of the networks in every coordinate, in whatever order they come', async () => {
    const networks = randomNetworks(small, 6, 2);
    for (const members of [networks, [...networks].reverse()]) {
      const gaussian = await PrincipalGaussian.fit(members);
      const draws = Array.from({ length: 4000 }, (_, k) =>
        gaussian.draw(gaussian.most, new Random(3, k)),
      );
      for (const i of [0, 5, 9]) {
        const of = (all: readonly Float32Array[]) => variance(all.map((network) => network[i]!));
        // A variance of 4,000 draws is known to 2.2 %.
        expect(of(draws) / of(networks)).toBeCloseTo(1, 0.9);
      }
    }
  });

  it('leaves out what is not along the leading components', async () => {
    // All differences along one direction, but a small one along another.
    const members = [-2, -1, 0, 1, 2].map((x, k) => Float32Array.of(x, k === 2 ? 0.01 : 0));
    const gaussian = await PrincipalGaussian.fit(members);
    const seconds = Array.from({ length: 50 }, (_, k) => gaussian.draw(1, new Random(k))[1]!);
    expect(Math.max(...seconds) - Math.min(...seconds)).toBeLessThan(1e-6);
  });
});

describe('withWeightNoise', () => {
  it('of no noise is the run', () => {
    expect(withWeightNoise(small, run, 0, new Random(1))).toEqual(run);
  });

  it("is measured by each tensor's root mean square", () => {
    const weights = Float32Array.from(
      networkOf(deep).slots.flatMap(({ size, name }) =>
        Array<number>(size).fill(name === 'w1' ? 10 : 0.1),
      ),
    );
    const squares = new Map<string, number[]>();
    for (let k = 0; k < 400; k++) {
      const noisy = withWeightNoise(deep, weights, 0.5, new Random(k));
      for (const { name, offset } of networkOf(deep).slots) {
        const known = squares.get(name) ?? [];
        squares.set(name, [...known, (noisy[offset]! - weights[offset]!) ** 2]);
      }
    }
    const rms = (name: string) =>
      Math.sqrt(squares.get(name)!.reduce((a, b) => a + b) / squares.get(name)!.length);
    expect(rms('w1') / 5).toBeCloseTo(1, 0.9);
    expect(rms('w2') / 0.05).toBeCloseTo(1, 0.9);
  });
});

describe('strongest', () => {
  const judges = {
    bars: { lenient: 0.85, strict: 0.9 },
    scale: { median: 1, fifthPercentile: 0.8 },
  };
  const candidate = (
    value: number,
    ...networks: (readonly [number, number | null])[]
  ): Candidate => ({
    value,
    networks: networks.map(([accuracy, distance]) => ({ accuracy, distance })),
  });

  it('takes what is novel and accurate most often at the strict bar', () => {
    const copies = candidate(1, [0.95, 0.1], [0.95, 0.1]);
    const good = candidate(2, [0.91, 0.9], [0.8, 1]);
    const lenient = candidate(3, [0.86, 1], [0.86, 1]);
    expect(strongest([copies, good, lenient], judges)).toBe(2);
    expect(strongest([copies, lenient], judges)).toBe(3);
  });

  it('among equals takes the largest that loses no more than a point', () => {
    const values = [
      candidate(1, [0.95, 0.1]),
      candidate(2, [0.945, 0.2]),
      candidate(3, [0.9, 0.3]),
    ];
    expect(strongest(values, judges)).toBe(2);
    expect(strongest(values, { bars: null, scale: null })).toBe(2);
  });
});

function distance(a: Float32Array, b: Float32Array): number {
  return Math.hypot(...a.map((value, i) => value - b[i]!));
}

function variance(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}
