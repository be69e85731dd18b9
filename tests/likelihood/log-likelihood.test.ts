import { describe, expect, it } from 'vitest';
import { architecture, type Architecture } from '../../src/network/architecture.js';
import { initialise } from '../../src/network/initialise.js';
import { permutationSpec } from '../../src/network/permutation-spec.js';
import { permuteNeurons } from '../../src/network/permute.js';
import type { LikelihoodOptions } from '../../src/likelihood/likelihood-options.js';
import { logLikelihood, type Network } from '../../src/likelihood/log-likelihood.js';
import { Random } from '../../src/random.js';
import { tinyFlow } from './tiny-flow.js';

const ARCH = architecture([3, 4, 3, 2]);
const HOST = { threads: 1 };
/** Euler needs one session instead of two. */
const FAST = { solver: 'euler', steps: 4, probes: 3 } as const;
/** Sessions take long to open where other work has the cores. */
const PATIENT = { timeout: 240_000 };

const network = (seed: number, arch: Architecture = ARCH): Network => ({
  architecture: arch,
  weights: initialise(arch, new Random(seed)),
});

describe.each(['euclidean', 'geometric'] as const)(
  'an equivariant %s flow',
  PATIENT,
  (geometry) => {
    it('gives every permutation of the neurons the same density (1e-3 nats)', async () => {
      const flow = tinyFlow(ARCH, geometry);
      const given = network(1);
      const permuted = permuteNeurons(given.weights, ARCH, permutationSpec(ARCH), [
        Int32Array.of(2, 0, 3, 1),
        Int32Array.of(1, 2, 0),
      ]);
      const networks = [given, { ...given, weights: permuted }, network(2)];
      const [own, same, other] = await logLikelihood(
        flow,
        networks,
        { ...FAST, trace: 'exact' },
        HOST,
      );
      expect(Math.abs(own!.logDensity - same!.logDensity)).toBeLessThan(1e-3);
      expect(Math.abs(own!.logDensity - other!.logDensity)).toBeGreaterThan(0.1);
    });
  },
);

describe('the result', PATIENT, () => {
  const flow = tinyFlow(ARCH, 'geometric');

  it('is the same bit for bit alone, among others, in small batches and again', async () => {
    const all = await logLikelihood(flow, [network(1), network(2), network(3)], FAST, HOST);
    const alone = await logLikelihood(flow, [network(2)], FAST, HOST);
    expect(alone).toEqual([all[1]]);
    for (const rows of [1, 2]) {
      expect(await logLikelihood(flow, [network(2)], { ...FAST, rows }, HOST)).toEqual(alone);
    }
  });

  it('depends on the seed of the probes in its trace only', async () => {
    const [first] = await logLikelihood(flow, [network(1)], FAST, HOST);
    const [second] = await logLikelihood(flow, [network(1)], { ...FAST, seed: 2 }, HOST);
    expect(second!.priorLogDensity).toBe(first!.priorLogDensity);
    expect(second!.traceIntegral).not.toBe(first!.traceIntegral);
  });

  it('comes in the order of the networks, whatever their depths', async () => {
    const shallow = architecture([3, 5, 2]);
    const both = {
      ...flow,
      coordinates: {
        ...flow.coordinates,
        scales: {
          ...flow.coordinates.scales,
          ...tinyFlow(shallow, 'geometric').coordinates.scales,
        },
        logScales: {
          ...flow.coordinates.logScales,
          ...tinyFlow(shallow, 'geometric').coordinates.logScales,
        },
      },
    };
    const networks = [network(1), network(1, shallow), network(2)];
    const seen: (readonly [number, number])[] = [];
    const results = await logLikelihood(both, networks, FAST, {
      ...HOST,
      onProgress: (done, total) => seen.push([done, total]),
    });
    expect(results.map(({ dimension }) => dimension)).toEqual([39 - 8 + 1, 32 - 6 + 1, 32]);
    expect(await logLikelihood(both, [network(2)], FAST, HOST)).toEqual([results[2]]);
    expect(seen).toEqual([
      [3, 9],
      [6, 9],
      [9, 9],
    ]);
  });

  it('is one of the finite numbers for a neuron without incoming weights', async () => {
    const weights = Float32Array.from(network(1).weights);
    for (let i = 0; i < 3; i++) weights[4 * i] = 0;
    const [result] = await logLikelihood(flow, [{ architecture: ARCH, weights }], FAST, HOST);
    expect(Number.isFinite(result!.logDensity)).toBe(true);
  });
});

describe('logLikelihood refuses', PATIENT, () => {
  const withWeight = (position: number, value: number): Network => {
    const weights = Float32Array.from(network(1).weights);
    weights[position] = value;
    return { architecture: ARCH, weights };
  };
  const deadLastLayer = (): Network => {
    const weights = Float32Array.from(network(1).weights);
    weights.fill(0, 31, 37);
    return { architecture: ARCH, weights };
  };
  const geometric = tinyFlow(ARCH, 'geometric');

  it.each([
    [
      'the Normalized flow',
      tinyFlow(ARCH, 'normalized'),
      network(1),
      {},
      'invalid-argument',
      /Normalized flow has no density/,
    ],
    [
      'NaN',
      geometric,
      withWeight(5, NaN),
      {},
      'invalid-argument',
      /weights of network 0, got NaN at 5/,
    ],
    [
      'infinite weights',
      tinyFlow(ARCH, 'euclidean'),
      withWeight(7, Infinity),
      {},
      'invalid-argument',
      /got Infinity at 7/,
    ],
    [
      'a last layer of zeros in canonical form',
      geometric,
      deadLastLayer(),
      {},
      'invalid-argument',
      /last weight matrix is zero/,
    ],
    [
      'another output width',
      geometric,
      network(1, architecture([3, 4, 3, 3])),
      {},
      'unsupported-architecture',
      /3-4-3-3/,
    ],
    [
      'an unknown depth',
      geometric,
      network(1, architecture([3, 4, 2])),
      {},
      'unsupported-architecture',
      /an architecture like 3-h1-h2-2, got 3-4-2\/relu/,
    ],
    [
      'another activation',
      geometric,
      network(1, architecture([3, 4, 3, 2], 'tanh')),
      {},
      'unsupported-architecture',
      /relu, got 3-4-3-2\/tanh/,
    ],
    [
      'too few weights',
      geometric,
      { architecture: ARCH, weights: new Float32Array(3) },
      {},
      'shape-mismatch',
      /got 3/,
    ],
    ['no probes', geometric, network(1), { probes: 0 }, 'invalid-argument', /probes, got 0/],
    ['half a step', geometric, network(1), { steps: 0.5 }, 'invalid-argument', /steps, got 0.5/],
    [
      'a singular end',
      geometric,
      network(1),
      { endOffset: 0 },
      'invalid-argument',
      /singular at t = 1; got 0/,
    ],
  ] as const)(
    '%s',
    async (_name, flow, given, options: Partial<LikelihoodOptions>, code, message) => {
      await expect(logLikelihood(flow, [given], options, HOST)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message) as unknown,
      });
    },
  );

  it('to go on after an abort', async () => {
    await expect(
      logLikelihood(geometric, [network(1)], FAST, { ...HOST, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('a trajectory that leaves the finite numbers', async () => {
    const flow = tinyFlow(ARCH, 'euclidean', 'velocity');
    const parameters = new Map(
      [...flow.parameters].map(([name, { shape, data }]) => [
        name,
        { shape, data: data.map((value) => 1e30 * value) },
      ]),
    );
    await expect(
      logLikelihood({ ...flow, parameters }, [network(1)], FAST, HOST),
    ).rejects.toMatchObject({ code: 'diverged' });
  });

  it('nothing when there is nothing to do', async () => {
    expect(await logLikelihood(geometric, [], FAST, HOST)).toEqual([]);
  });
});
