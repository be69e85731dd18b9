import { describe, expect, it } from 'vitest';
import { canonicalForm } from '../../src/alignment/canonical-form.js';
import { architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { initialise } from '../../src/network/initialise.js';
import { logLikelihood } from '../../src/likelihood/log-likelihood.js';
import { Random } from '../../src/random.js';
import {
  closedFormFlow,
  gaussianEndpoint,
  gaussianVelocity,
  type ClosedForm,
} from './closed-form-flows.js';

const TOLERANCE_NATS = 1e-3;
const HOST = { threads: 1 };
/** Sessions take long to open where other work has the cores. */
const PATIENT = { timeout: 240_000 };

const logNormal = (x: number, mean: number, std: number): number =>
  -0.5 * ((x - mean) / std) ** 2 - Math.log(std) - 0.5 * Math.log(2 * Math.PI);

describe(
  'under the exact field from N(0, I) to N(μ, σ²I) the log density is exact (1e-3 nats)',
  PATIENT,
  () => {
    const scale = 0.2;
    it.each([
      [[2, 3, 2], 1, 1],
      [[2, 3, 2], 0.7, 0.5],
      [[30, 16, 16, 2], 1, 1],
      [[30, 16, 16, 2], 0.7, 0.5],
      [[30, 16, 16, 2], -0.4, 1.6],
    ] as const)('%j, mean %f, std %f', async (layers, mean, std) => {
      const arch = architecture(layers);
      const networks = [0, 1].map((index) => ({
        architecture: arch,
        weights: new Random(3, 'target', index)
          .normals(networkOf(arch).parameters)
          .map((z) => scale * (mean + std * z)),
      }));
      const exact = networks.map(({ weights }) =>
        weights.reduce((sum, w) => sum + logNormal(w, scale * mean, scale * std), 0),
      );
      for (const [prediction, velocity] of [
        ['velocity', gaussianVelocity(mean, std)],
        ['endpoint', gaussianEndpoint(mean, std)],
      ] as const) {
        const flow = closedFormFlow(arch, velocity, { prediction, scale });
        // The Jacobian is a multiple of the identity, which one probe of signs gives exactly.
        for (const options of [
          { probes: 1 },
          ...(layers.length === 3 ? [{ trace: 'exact' }] : []),
        ]) {
          const results = await logLikelihood(flow, networks, options as object, HOST);
          results.forEach(({ logDensity, bitsPerDimension, dimension }, index) => {
            expect(Math.abs(logDensity - exact[index]!)).toBeLessThan(TOLERANCE_NATS);
            expect(dimension).toBe(networkOf(arch).parameters);
            expect(bitsPerDimension * dimension * Math.LN2).toBeCloseTo(-logDensity, 8);
          });
        }
      }
    });

    it('also without a stretch at the end, where the velocity itself is predicted', async () => {
      const arch = architecture([2, 3, 2]);
      const weights = new Random(3).normals(17);
      const flow = closedFormFlow(arch, gaussianVelocity(0, 0.5));
      const [result] = await logLikelihood(
        flow,
        [{ architecture: arch, weights }],
        { endOffset: 0, probes: 1 },
        HOST,
      );
      const exact = weights.reduce((sum, w) => sum + logNormal(w, 0, 0.5), 0);
      expect(Math.abs(result!.logDensity - exact)).toBeLessThan(TOLERANCE_NATS);
    });
  },
);

/** `x_i' = 0.3 x_i + sin(Σ_j x_j / √n)`: every coordinate of a tensor depends on every other. */
const coupled: ClosedForm = (ops, x) => {
  const axes = ops.shape(x).map((_, axis) => axis);
  const own = axes.slice(1);
  const mean = ops.mul(
    ops.sum(x, own, true),
    ops.div(ops.constant(1), ops.sqrt(ops.count(x, own))),
  );
  return ops.add(ops.mul(ops.constant(0.3), x), ops.sin(mean));
};

describe("Hutchinson's estimate", PATIENT, () => {
  const arch = architecture([4, 6, 3]);
  const network = { architecture: arch, weights: initialise(arch, new Random(2)) };
  const flow = closedFormFlow(arch, coupled);
  const options = { solver: 'heun', steps: 8 } as const;

  it.each(['rademacher', 'gaussian'] as const)(
    'with %s probes lies within 3 standard errors of the exact trace, for each of 5 seeds',
    async (probeDistribution) => {
      const [exact] = await logLikelihood(flow, [network], { ...options, trace: 'exact' }, HOST);
      expect(exact!.standardError).toBe(0);
      for (let seed = 1; seed <= 5; seed++) {
        const [estimate] = await logLikelihood(
          flow,
          [network],
          { ...options, probes: 200, probeDistribution, seed },
          HOST,
        );
        expect(estimate!.standardError).toBeGreaterThan(0.1);
        expect(estimate!.standardError).toBeLessThan(1);
        expect(Math.abs(estimate!.logDensity - exact!.logDensity)).toBeLessThan(
          3 * estimate!.standardError!,
        );
        expect(estimate!.logDensity).not.toBe(exact!.logDensity);
      }
    },
  );

  it('has no standard error from a single probe', async () => {
    const [result] = await logLikelihood(flow, [network], { ...options, probes: 1 }, HOST);
    expect(result!.standardError).toBeNull();
  });
});

/** Incoming vectors in R³, a last matrix of 4 × 2. */
const SPHERICAL = architecture([3, 4, 2]);
const BIAS_SCALE = 0.2;

/** `log area` of the sphere of radius r in R³ and in R⁸. */
const logArea3 = Math.log(4 * Math.PI);
const logArea8 = (r: number): number => Math.log(Math.PI ** 4 / 3) + 7 * Math.log(r);

/** Density of the canonical form under the prior, by hand. */
function canonicalPrior(weights: Float32Array): number {
  const canonical = canonicalForm(weights, SPHERICAL);
  const biases = [...canonical.weights.subarray(12, 16), ...canonical.weights.subarray(24)];
  return (
    -4 * logArea3 -
    logArea8(Math.SQRT2) +
    biases.reduce((sum, b) => sum + logNormal(b, 0, BIAS_SCALE), 0) +
    logNormal(canonical.logScale, 0.3, 0.5)
  );
}

describe('on spheres', PATIENT, () => {
  const weights = initialise(SPHERICAL, new Random(9));
  const of = async (velocity: ClosedForm): Promise<number> => {
    const flow = closedFormFlow(SPHERICAL, velocity, { geometry: 'geometric', scale: BIAS_SCALE });
    const network = { architecture: SPHERICAL, weights };
    const [result] = await logLikelihood(flow, [network], { trace: 'exact' }, HOST);
    // 26 weights and biases, one less for each of 5 spheres, and the log scale.
    expect(result!.dimension).toBe(26 - 5 + 1);
    return result!.logDensity;
  };
  const still: ClosedForm = (ops, x) => ops.mul(x, ops.constant(0));

  it('a field of zero leaves the prior of the canonical form (1e-3 nats)', async () => {
    expect(Math.abs((await of(still)) - canonicalPrior(weights))).toBeLessThan(TOLERANCE_NATS);
  });

  it('rotations, which have no divergence, keep the uniform density (1e-3 nats)', async () => {
    const density = await of((ops, x, t, tensor, tensors) => {
      if (tensor === 0) {
        const turn = ops.constant([0, -2, 1, 2, 0, -3, -1, 3, 0], [1, 3, 3]);
        return ops.matMul(turn, x);
      }
      if (tensor === 2) return ops.matMul(x, ops.constant([0, 2, -2, 0], [1, 2, 2]));
      return still(ops, x, t, tensor, tensors);
    });
    expect(Math.abs(density - canonicalPrior(weights))).toBeLessThan(TOLERANCE_NATS);
  });

  it('a flow towards a pole has the density of a Möbius map (1e-3 nats)', async () => {
    // u' = c (e − ⟨e, u⟩ u) on the unit sphere: p(u) = 1 / (area (cosh c − ⟨e, u⟩ sinh c)²).
    const pull = 1.5;
    const density = await of((ops, x, t, tensor, tensors) => {
      const zeros = still(ops, x, t, tensor, tensors);
      if (tensor !== 0) return zeros;
      return ops.add(zeros, ops.constant([0, pull, 0], [1, 3, 1]));
    });
    const c = pull / Math.sqrt(3);
    const canonical = canonicalForm(weights, SPHERICAL).weights;
    // Row 1 of the [3, 4] matrix: ⟨e, u⟩ of every neuron.
    const expected = canonical
      .subarray(4, 8)
      .reduce(
        (sum, z) => sum - 2 * Math.log(Math.cosh(c) - z * Math.sinh(c)),
        canonicalPrior(weights),
      );
    expect(Math.abs(expected - canonicalPrior(weights))).toBeGreaterThan(0.5);
    expect(Math.abs(density - expected)).toBeLessThan(TOLERANCE_NATS);
  });
});
