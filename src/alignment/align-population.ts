import { ensure } from '../errors.js';
import type { Architecture } from '../network/architecture.js';
import { permutationSpec } from '../network/permutation-spec.js';
import { permuteNeurons } from '../network/permute.js';
import { PacedWork, type Watcher } from '../pace.js';
import { canonicalForm, hasSymmetry } from './canonical-form.js';
import { WeightMatcher, type WeightMatchingOptions } from './weight-matching.js';

export interface PopulationAlignmentOptions extends WeightMatchingOptions {
  /** The network that all others are aligned with: its index, or its weights. Default 0. */
  readonly reference?: number | ArrayLike<number>;
  /**
   * What is compared: the plain `weights`, or the `canonical` forms of networks with scale
   * symmetry, where no neuron dominates because its weights are large. The permutations are applied
   * to the plain weights either way. Default: `canonical` if it exists. On twelve networks trained
   * on WDBC, `canonical` reduced the mean loss barrier from .080 to .003; `weights`, with the same
   * reference, left .107.
   */
  readonly compare?: 'weights' | 'canonical';
}

export interface AlignedPopulation {
  /** The networks in their order, permuted, float32. */
  readonly networks: readonly Float32Array[];
  /** For each network the permutation applied to every group. */
  readonly permutations: readonly (readonly Int32Array[])[];
}

/**
 * Aligns every network of a population with one reference by {@link WeightMatcher}.
 *
 * @param networks - flat weights, all of `arch`
 * @param watcher - notified of every network
 * @throws WeightspringError `invalid-argument` for a reference that does not exist, `cancelled`,
 * and as `matchWeights` and, where canonical forms are compared, `canonicalForm`
 */
export async function alignPopulation(
  networks: readonly ArrayLike<number>[],
  arch: Architecture,
  options: PopulationAlignmentOptions = {},
  watcher: Watcher = {},
): Promise<AlignedPopulation> {
  const { reference = 0, compare = defaultComparison(arch), ...matching } = options;
  const compared = (network: ArrayLike<number>): ArrayLike<number> =>
    compare === 'canonical' ? canonicalForm(network, arch).weights : network;
  const target = compared(
    typeof reference === 'number' ? memberAt(networks, reference) : reference,
  );
  const { spec = permutationSpec(arch) } = matching;
  const matcher = new WeightMatcher(arch, matching);
  const aligned: Float32Array[] = [];
  const permutations: (readonly Int32Array[])[] = [];
  const work = new PacedWork(networks.length, watcher);
  for (const network of networks) {
    const match = matcher.match(target, compared(network));
    permutations.push(match.permutations);
    aligned.push(permuteNeurons(network, arch, spec, match.permutations));
    await work.advance();
  }
  return { networks: aligned, permutations };
}

function defaultComparison(arch: Architecture): 'weights' | 'canonical' {
  return hasSymmetry(arch, 'scale') ? 'canonical' : 'weights';
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
