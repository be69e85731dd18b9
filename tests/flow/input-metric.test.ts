import { describe, expect, it } from 'vitest';
import { canonicalForm } from '../../src/alignment/canonical-form.js';
import { FLOW_GEOMETRIES } from '../../src/flow/geometry.js';
import type { InputMetric } from '../../src/flow/input-metric.js';
import {
  architecture,
  graphArchitecture,
  type Architecture,
} from '../../src/network/architecture.js';
import { forward } from '../../src/network/forward.js';
import { networkOf } from '../../src/network/network.js';
import { Random } from '../../src/random.js';
import { fitInputSpectrum, inputMetricOf } from '../../src/training/fit-input-metric.js';
import { thrownBy } from '../support/error-code.js';
import { fittedSpace } from '../support/fitted-space.js';

const FEATURES = 6;
const ARCH: Architecture = architecture([FEATURES, 5, 4, 3]);
const RANK = 4;

/** Correlated rows around a mean that is not zero. */
function rows(count = 400): Float32Array {
  const random = new Random(3);
  const mixing = random.normals(FEATURES * FEATURES);
  const values = new Float32Array(count * FEATURES);
  for (let n = 0; n < count; n++) {
    const z = random.normals(FEATURES);
    for (let d = 0; d < FEATURES; d++) {
      let value = d - 2;
      for (let k = 0; k < FEATURES; k++) value += mixing[d * FEATURES + k]! * z[k]!;
      values[n * FEATURES + d] = value;
    }
  }
  return values;
}

const SPECTRUM = await fitInputSpectrum(rows(), FEATURES);
const metricOf = (rank: number): InputMetric => inputMetricOf(SPECTRUM, rank);

function network(seed = 1, arch: Architecture = ARCH): Float32Array {
  return new Random(seed, 'network').normals(networkOf(arch).parameters);
}

/** `μ + E Λ^{1/2} x̃`: rows that differ from the mean along kept directions only. */
function coloured({ moments, features, rank }: InputMetric, white: Float32Array): Float64Array {
  const count = white.length / rank;
  return Float64Array.from({ length: count * features }, (_, index) => {
    const [n, d] = [Math.floor(index / features), index % features];
    let value = moments.mean[d]!;
    for (let k = 0; k < rank; k++) {
      value +=
        moments.basis[d * rank + k]! * Math.sqrt(moments.variances[k]!) * white[n * rank + k]!;
    }
    return value;
  });
}

function largestGap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

describe('the spectrum of inputs', () => {
  it('gives white inputs mean 0 and covariance 1', () => {
    const white = metricOf(RANK).whiten(rows());
    const count = white.length / RANK;
    for (let i = 0; i < RANK; i++) {
      for (let j = 0; j < RANK; j++) {
        let [mean, product] = [0, 0];
        for (let n = 0; n < count; n++) {
          mean += white[n * RANK + i]! / count;
          product += (white[n * RANK + i]! * white[n * RANK + j]!) / count;
        }
        expect(mean).toBeCloseTo(0, 4);
        expect(product).toBeCloseTo(i === j ? 1 : 0, 4);
      }
    }
  });

  it('has the variances that a known mixture has, largest first', async () => {
    const values = new Float32Array(8 * 3);
    // Corners of a box: variances 9, 4 and 1 along the axes.
    for (let n = 0; n < 8; n++) {
      values.set([n & 1 ? 2 : -2, n & 2 ? 3 : -3, n & 4 ? 1 : -1], n * 3);
    }
    const { variances, rank, mean } = await fitInputSpectrum(values, 3);
    expect(Array.from(variances, Math.round)).toEqual([9, 4, 1]);
    expect([...mean]).toEqual([0, 0, 0]);
    expect(rank).toBe(3);
  });

  it('does not count directions in which nothing varies, and refuses more than there are', async () => {
    const values = rows();
    // The last feature repeats the first one.
    for (let n = 0; n < values.length; n += FEATURES) values[n + 5] = values[n]!;
    const spectrum = await fitInputSpectrum(values, FEATURES);
    expect(spectrum.rank).toBe(FEATURES - 1);
    const error = thrownBy(() => inputMetricOf(spectrum, FEATURES));
    expect(error.code).toBe('invalid-argument');
    expect(error.message).toContain('1 to 5 directions');
    await expect(fitInputSpectrum(new Float32Array(12).fill(1), 3)).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });
});

describe('the input metric', () => {
  const metric = metricOf(RANK);

  it('computes the function of a network on rows within the kept directions', () => {
    const white = new Random(7).normals(20 * RANK);
    const reduced = metric.reduce(network(), ARCH);
    const expected = forward(ARCH, network(), coloured(metric, white));
    expect(
      largestGap(forward(metric.reducedArchitecture(ARCH), reduced, white), expected),
    ).toBeLessThan(1e-4);
  });

  it('computes the function of a reduced network once it is expanded, on any rows', () => {
    const arch = metric.reducedArchitecture(ARCH);
    expect(arch).toEqual(architecture([RANK, 5, 4, 3]));
    const reduced = network(2, arch);
    const some = new Random(8).normals(20 * FEATURES);
    expect(
      largestGap(
        forward(ARCH, metric.expand(reduced, ARCH), some),
        forward(arch, reduced, metric.whiten(some)),
      ),
    ).toBeLessThan(1e-4);
  });

  it('leaves reduced networks as they are when they are expanded and reduced', () => {
    const reduced = network(2, metric.reducedArchitecture(ARCH));
    expect(largestGap(metric.reduce(metric.expand(reduced, ARCH), ARCH), reduced)).toBeLessThan(
      1e-5,
    );
  });

  it('is an exact round trip at full rank, and leaves out a residual below it', () => {
    const full = metricOf(FEATURES);
    expect(largestGap(full.expand(full.reduce(network(), ARCH), ARCH), network())).toBeLessThan(
      1e-5,
    );
    expect(full.residual(network(), ARCH)).toBeLessThan(1e-3);
    expect(metric.residual(network(), ARCH)).toBeGreaterThan(0.1);
    const within = metric.expand(metric.reduce(network(), ARCH), ARCH);
    expect(metric.residual(within, ARCH)).toBeLessThan(1e-3);
  });

  it('measures neurons by how they respond', () => {
    const full = metricOf(FEATURES);
    const arch = architecture([FEATURES, 2, 2]);
    const weights = network(5, arch);
    const reduced = full.reduce(weights, arch);
    const respond = forward(arch, withIdentityEnd(weights), rows());
    let [square, count] = [0, 0];
    for (let n = 0; n < respond.length; n += 2) {
      square += (respond[n]! - respond[n + 1]!) ** 2;
      count++;
    }
    let distance = (reduced[2 * FEATURES]! - reduced[2 * FEATURES + 1]!) ** 2;
    for (let k = 0; k < FEATURES; k++) distance += (reduced[2 * k]! - reduced[2 * k + 1]!) ** 2;
    expect(square / count / distance).toBeCloseTo(1, 4);
  });

  it('refuses networks on other features', () => {
    expect(thrownBy(() => metric.reducedArchitecture(architecture([5, 4, 3]))).code).toBe(
      'unsupported-architecture',
    );
  });

  it('serves graphs of layers whose features only dense layers read', () => {
    const residual = graphArchitecture({
      input: [FEATURES],
      nodes: [
        { op: 'dense', units: 5 },
        { op: 'activation', function: 'relu' },
        { op: 'dense', units: 5 },
        { op: 'add', inputs: ['2', '1'] },
        { op: 'dense', units: 3 },
      ],
    });
    const white = new Random(7).normals(20 * RANK);
    const weights = network(1, residual);
    expect(
      largestGap(
        forward(metric.reducedArchitecture(residual), metric.reduce(weights, residual), white),
        forward(residual, weights, coloured(metric, white)),
      ),
    ).toBeLessThan(1e-4);
    const bent = graphArchitecture({
      input: [FEATURES],
      nodes: [
        { op: 'activation', function: 'relu' },
        { op: 'dense', units: 3 },
      ],
    });
    expect(thrownBy(() => metric.reducedArchitecture(bent)).code).toBe('unsupported-architecture');
  });

  it('knows how it stretches volumes', () => {
    const full = metricOf(FEATURES);
    const arch = architecture([FEATURES, 2]);
    const { length } = network(1, arch);
    // The determinant of w̃ → w is the product over both neurons of that of E Λ^{-1/2}.
    const columns = Array.from({ length }, (_, index) =>
      full.expand(
        Float32Array.from({ length }, (_, k) => Number(k === index)),
        arch,
      ),
    );
    expect(logDeterminant(columns)).toBeCloseTo(full.logVolumeScale(arch), 3);
  });
});

describe.each(FLOW_GEOMETRIES)('%s coordinates over an input metric', async (geometry) => {
  const metric = metricOf(RANK);
  const networks = [1, 2, 3].map((seed) => network(seed));
  const space = await fittedSpace(ARCH, networks, geometry, { inputMetric: metric });

  it('are those of reduced networks', async () => {
    expect(space.architecture).toEqual(architecture([RANK, 5, 4, 3]));
    expect(space.network).toBe(ARCH);
    const plain = await fittedSpace(
      space.architecture,
      networks.map((own) => metric.reduce(own, ARCH)),
      geometry,
    );
    for (const own of networks) {
      expect(space.standardise(own)).toEqual(plain.standardise(metric.reduce(own, ARCH)));
    }
  });

  it('decode to networks on all features that compute the same on kept directions', () => {
    const [own] = networks;
    const [decoded] = space.decode(space.pack([space.standardise(own!)]));
    expect(decoded!.length).toBe(networkOf(ARCH).parameters);
    const within = coloured(metric, new Random(7).normals(20 * RANK));
    expect(largestGap(forward(ARCH, decoded!, within), forward(ARCH, own!, within))).toBeLessThan(
      1e-3,
    );
  });
});

it('divides by the norms of reduced neurons in canonical forms', async () => {
  const metric = metricOf(RANK);
  const space = await fittedSpace(ARCH, [network(), network(2)], 'geometric', {
    inputMetric: metric,
  });
  const point = space.standardise(network());
  const { weights } = canonicalForm(metric.reduce(network(), ARCH), space.architecture);
  for (let i = 0; i < RANK * 5; i++)
    expect(point[i]! / Math.sqrt(RANK)).toBeCloseTo(weights[i]!, 5);
});

/** Makes the logits of a 6-2-2 network the pre-activations: both hidden neurons raised above 0. */
function withIdentityEnd(weights: Float32Array): Float32Array {
  const own = weights.slice();
  const raise = 1000;
  const end = FEATURES * 2 + 2;
  own[FEATURES * 2]! += raise;
  own[FEATURES * 2 + 1]! += raise;
  own.set([1, 0, 0, 1, 0, 0], end);
  return own;
}

/** `log |det|` of a square matrix of columns, by elimination with pivots. */
function logDeterminant(columns: readonly Float32Array[]): number {
  const matrix = columns.map((column) => Float64Array.from(column));
  let sum = 0;
  matrix.forEach((_, i) => {
    const pivot = matrix.reduce(
      (best, row, at) => (at >= i && Math.abs(row[i]!) > Math.abs(matrix[best]![i]!) ? at : best),
      i,
    );
    [matrix[i], matrix[pivot]] = [matrix[pivot]!, matrix[i]!];
    const top = matrix[i];
    sum += Math.log(Math.abs(top[i]!));
    for (const row of matrix.slice(i + 1)) {
      const factor = row[i]! / top[i]!;
      for (let j = i; j < row.length; j++) row[j]! -= factor * top[j]!;
    }
  });
  return sum;
}
