import type { Architecture } from '../architecture/architecture.js';
import { ensure } from '../errors.js';
import { WeightMatcher, type WeightMatchingOptions } from './weight-matching.js';

export interface PopulationAlignmentOptions extends WeightMatchingOptions {
  /** The network to which all others are brought: its index, or its weights. Default 0. */
  readonly reference?: number | ArrayLike<number>;
}

export interface AlignedPopulation {
  /** The networks in their order, permuted, float32. */
  readonly networks: readonly Float32Array[];
  /** For each network the permutation of every group that brought it there. */
  readonly permutations: readonly (readonly Int32Array[])[];
}

/**
 * Brings every network of a population to one reference by {@link WeightMatcher}.
 *
 * @param networks - flat weights, all of `arch`
 * @throws WeightspringError `invalid-argument` for a reference that does not exist, and as
 * `matchWeights`
 */
export function alignPopulation(
  networks: readonly ArrayLike<number>[],
  arch: Architecture,
  options: PopulationAlignmentOptions = {},
): AlignedPopulation {
  const { reference = 0, ...matching } = options;
  const target = typeof reference === 'number' ? memberAt(networks, reference) : reference;
  const matcher = new WeightMatcher(arch, matching);
  const aligned = networks.map((network) => {
    const match = matcher.match(target, network);
    return { permutations: match.permutations, network: Float32Array.from(match.aligned) };
  });
  return {
    networks: aligned.map(({ network }) => network),
    permutations: aligned.map(({ permutations }) => permutations),
  };
}

function memberAt(networks: readonly ArrayLike<number>[], index: number): ArrayLike<number> {
  const network = networks[index];
  ensure(
    network !== undefined,
    'invalid-argument',
    () =>
      `expected the index of one of ${String(networks.length)} networks as reference, ` +
      `got ${String(index)}`,
    'reference',
  );
  return network;
}
