import { describe, expect, it } from 'vitest';
import { Random } from '../../src/random.js';
import { AdamKernel, type AdamArrays, type AdamStep } from '../../src/training/adam-kernel.js';
import { assembled } from '../support/assembled.js';

const STEP: AdamStep = {
  gradientScale: 0.7,
  share1: 0.1,
  beta2: 0.999,
  share2: 0.001,
  keep: 0.99,
  stepSize: 1e-2,
  epsilon: 1e-8,
  averageShare: 0.25,
};
const NAMES = ['parameter', 'gradient', 'first', 'second', 'average'] as const;
/** None, less than a vector, vectors and a rest, and more than the pieces that are copied. */
const SIZES = [0, 1, 3, 4, 7, 4096, 8195];

function randomArrays(size: number): Required<AdamArrays> {
  const random = new Random(size, 'adam-kernel');
  const normals = (): Float32Array => random.normals(size);
  return {
    parameter: normals(),
    gradient: normals(),
    first: normals(),
    second: normals().map(Math.abs),
    average: normals(),
  };
}

/** The formulas of {@link AdamKernel}, in float64. */
function expected(arrays: Required<AdamArrays>): Readonly<Record<keyof AdamArrays, number[]>> {
  const s = STEP;
  const g = Array.from(arrays.gradient, (value) => s.gradientScale * value);
  const first = Array.from(arrays.first, (m, i) => m + s.share1 * (g[i]! - m));
  const second = Array.from(arrays.second, (v, i) => s.beta2 * v + s.share2 * g[i]! ** 2);
  const parameter = Array.from(
    arrays.parameter,
    (theta, i) => s.keep * theta - (s.stepSize * first[i]!) / (Math.sqrt(second[i]!) + s.epsilon),
  );
  const average = Array.from(
    arrays.average!,
    (mean, i) => mean + s.averageShare * (parameter[i]! - mean),
  );
  return { parameter, gradient: [...arrays.gradient], first, second, average };
}

/** The same arrays, those named in the kernel's memory. */
function placed(
  kernel: AdamKernel,
  arrays: Required<AdamArrays>,
  inPlace: readonly (keyof AdamArrays)[],
): Required<AdamArrays> {
  const copy = (name: keyof AdamArrays): Float32Array => {
    const array = inPlace.includes(name)
      ? kernel.array(arrays[name]!.length)
      : new Float32Array(arrays[name]!.length);
    array.set(arrays[name]!);
    return array;
  };
  return Object.fromEntries(
    NAMES.map((name) => [name, copy(name)]),
  ) as unknown as Required<AdamArrays>;
}

describe('AdamKernel', () => {
  it.each(SIZES)('computes its formulas on %i values', (size) => {
    const arrays = randomArrays(size);
    const reference = expected(arrays);
    new AdamKernel([]).step(arrays, STEP);
    for (const name of NAMES) {
      for (const [i, value] of arrays[name]!.entries()) {
        expect(Math.abs(value - reference[name][i]!), `${name}[${i}]`).toBeLessThan(1e-6);
      }
    }
  });

  it.each([
    { inPlace: NAMES },
    { inPlace: ['first', 'second'] },
    { inPlace: ['parameter', 'first', 'second', 'average'] },
    { inPlace: ['gradient'] },
  ] as const)('has the same result with $inPlace in its own memory', ({ inPlace }) => {
    for (const size of SIZES) {
      const elsewhere = randomArrays(size);
      const kernel = new AdamKernel([...NAMES, ...NAMES].map(() => size));
      const inside = placed(kernel, elsewhere, inPlace);
      const neighbours = placed(kernel, elsewhere, NAMES);
      kernel.step(elsewhere, STEP);
      kernel.step(inside, STEP);
      expect(inside).toEqual(elsewhere);
      expect(neighbours).toEqual(randomArrays(size));
    }
  });

  it('leaves the average out where there is none', () => {
    const { average, ...rest } = randomArrays(7);
    const whole = randomArrays(7);
    new AdamKernel([]).step(rest, STEP);
    new AdamKernel([]).step(whole, STEP);
    expect(rest.parameter).toEqual(whole.parameter);
    expect(average).toEqual(randomArrays(7).average);
  });

  it('carries on what is not a number', () => {
    const arrays = randomArrays(5);
    arrays.gradient[2] = NaN;
    new AdamKernel([]).step(arrays, STEP);
    expect([...arrays.parameter].map(Number.isNaN)).toEqual([false, false, true, false, false]);
  });

  it('says how much memory is missing', () => {
    expect(() => new AdamKernel([2 ** 31])).toThrow(/optimiser needs 8193 MiB/);
  });

  it('runs what adam.wat says', async () => {
    await expect(
      await assembled('training/adam.wat', 'ADAM_WASM', 'tests/training/adam-kernel'),
    ).toMatchFileSnapshot('../../src/training/adam-wasm.ts');
  });
});
