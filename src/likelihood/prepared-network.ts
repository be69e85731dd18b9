import type { Architecture } from '../network/architecture.js';
import type { Family } from '../network/family.js';
import { networkOf } from '../network/network.js';
import { servedFamily } from '../velocity/served-families.js';
import { ensure } from '../errors.js';
import { WeightSpace } from '../flow/weight-space.js';
import { assertFinite } from '../geometry/assert-finite.js';
import { Random } from '../random.js';
import { sha256 } from '../flows/flow-store.js';
import { ensureDensity } from './ensure-density.js';
import type { LikelihoodFlow } from './likelihood-flow.js';
import type { Coordinates } from '../flow/coordinates.js';
import type { NetworkLikelihood } from './network-likelihood.js';
import type { LikelihoodOptions } from './likelihood-options.js';
import { basisProbe, randomProbe } from './probes.js';

/** A network whose likelihood is computed. */
export interface Network {
  readonly architecture: Architecture;
  /** Flat, in the order of the network's slots. */
  readonly weights: ArrayLike<number>;
}

/** A network in the coordinates of the flow, with its probes. */
export interface PreparedNetwork {
  readonly index: number;
  readonly family: Family;
  readonly space: WeightSpace;
  readonly x1: Float32Array;
  readonly probes: readonly (() => Float32Array)[];
  /** What the flow's truncation leaves out of it; empty if the flow keeps all directions. */
  readonly outside: Pick<NetworkLikelihood, 'inputResidual' | 'isOutsideSupport'>;
}

/** @throws WeightspringError `invalid-argument` for the Normalized flow and options out of range */
export function checkOptions(
  { model: { geometry, prediction } }: LikelihoodFlow,
  { probes, steps, endOffset, rows }: LikelihoodOptions,
): void {
  ensure(
    geometry !== 'normalized',
    'invalid-argument',
    () =>
      'the Normalized flow has no density: its paths leave the spheres onto which its samples are ' +
      'projected; use a euclidean or a geometric flow',
    'flow',
  );
  const counts = { probes, steps, ...(rows === undefined ? {} : { rows }) };
  for (const [name, count] of Object.entries(counts)) {
    ensure(
      Number.isSafeInteger(count) && count >= 1,
      'invalid-argument',
      () => `expected a positive integer as ${name}, got ${count}`,
      name,
    );
  }
  const smallest = prediction === 'endpoint' ? Number.MIN_VALUE : 0;
  ensure(
    endOffset >= smallest && endOffset < 1,
    'invalid-argument',
    () =>
      `expected endOffset from 0 to below 1, above 0 if the flow predicts end points, whose ` +
      `velocity is singular at t = 1; got ${endOffset}`,
    'endOffset',
  );
}

/** @throws WeightspringError as `logLikelihood` does for a network */
export function prepareNetwork(
  { model, coordinates, activations, largestResidual }: LikelihoodFlow,
  { architecture, weights }: Network,
  { trace, probes, probeDistribution, seed }: LikelihoodOptions,
  index: number,
): PreparedNetwork {
  const { activations: used, key } = networkOf(architecture);
  ensure(
    used.every((activation) => activations.includes(activation)),
    'unsupported-architecture',
    () => `the flow models networks with ${activations.join(', ')}, got ${key}`,
    'architecture.activation',
  );
  const { served } = model.network;
  served.assertServed(coordinates.inputMetric?.reducedArchitecture(architecture) ?? architecture);
  const space = new WeightSpace(architecture, coordinates);
  ensureDensity(model, space.layout);
  assertFinite(weights, `the weights of network ${index}`);
  const x1 = space.standardise(weights);
  const { dimension } = space;
  const digest = sha256(new Uint8Array(x1.buffer));
  const makers =
    trace === 'exact'
      ? Array.from({ length: dimension }, (_, k) => () => basisProbe(dimension, k))
      : Array.from(
          { length: probes },
          (_, k) => () =>
            randomProbe(probeDistribution, dimension, new Random(seed, 'probe', digest, k)),
        );
  return {
    index,
    family: servedFamily(served, space.architecture),
    space,
    x1,
    probes: makers,
    outside: outsideOf(coordinates, largestResidual ?? 0, { architecture, weights }),
  };
}

/** Tolerance for rounding when compared with the zoo's residual. */
const RESIDUAL_TOLERANCE = 1e-4;

function outsideOf(
  { inputMetric: metric }: Coordinates,
  largest: number,
  { architecture, weights }: Network,
): PreparedNetwork['outside'] {
  if (metric === undefined || metric.rank === metric.features) return {};
  const inputResidual = metric.residual(weights, architecture);
  return { inputResidual, isOutsideSupport: inputResidual > largest + RESIDUAL_TOLERANCE };
}
