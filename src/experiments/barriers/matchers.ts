import { matchActivations } from '../../alignment/activation-matching.js';
import { canonicalForm } from '../../alignment/canonical-form.js';
import { crossEntropyLoss } from '../../alignment/network-loss.js';
import type { RebasinObjective } from '../../alignment/rebasin-objective.js';
import { SinkhornRebasin } from '../../alignment/sinkhorn-rebasin.js';
import { WeightMatcher } from '../../alignment/weight-matching.js';
import type { Architecture } from '../../network/architecture.js';
import { permutationSpec } from '../../network/permutation-spec.js';
import { identityPermutations, type GroupPermutations } from '../../network/permute.js';
import type { Pace } from '../../pace.js';
import { Random } from '../../random.js';
import type { PartData } from '../../zoo/prepared-task.js';

/** Aligns one network with another; the pair's number seeds random choices. */
export type Matcher = (
  reference: Float32Array,
  network: Float32Array,
  pair: number,
) => GroupPermutations | Promise<GroupPermutations>;

/** Methods of alignment to compare, in the order of the table. */
export const MATCHERS = [
  'none',
  'weights',
  'canonical-weights',
  'activations',
  'sinkhorn-l2',
  'sinkhorn-midpoint',
  'sinkhorn-random-point',
] as const;
export type MatcherName = (typeof MATCHERS)[number];

/**
 * The matcher with this name. Matchers that use data use the training part; Sinkhorn re-basin
 * starts at the mean of all permutations.
 *
 * @param pace - called during slow matchings
 */
export function createMatcher(
  name: MatcherName,
  arch: Architecture,
  train: PartData,
  pace: Pace,
): Matcher {
  switch (name) {
    case 'none': {
      const identity = identityPermutations(permutationSpec(arch));
      return () => identity;
    }
    case 'weights': {
      const matcher = new WeightMatcher(arch);
      return (reference, network) => matcher.match(reference, network).permutations;
    }
    case 'canonical-weights': {
      const matcher = new WeightMatcher(arch);
      const canonical = (weights: Float32Array): Float32Array =>
        canonicalForm(weights, arch).weights;
      return (reference, network) =>
        matcher.match(canonical(reference), canonical(network)).permutations;
    }
    case 'activations':
      return (reference, network) => matchActivations(reference, network, arch, train.features);
    case 'sinkhorn-l2':
      return sinkhornMatcher(arch, { kind: 'l2' }, pace);
    case 'sinkhorn-midpoint':
    case 'sinkhorn-random-point':
      return sinkhornMatcher(
        arch,
        {
          kind: name === 'sinkhorn-midpoint' ? 'midpoint' : 'random-point',
          loss: crossEntropyLoss(arch, train.features, train.labels),
        },
        pace,
      );
  }
}

function sinkhornMatcher(arch: Architecture, objective: RebasinObjective, pace: Pace): Matcher {
  const random = new Random(0);
  const rebasin = new SinkhornRebasin(arch, { objective, random });
  return async (reference, network, pair) => {
    // A pair's random draws must not depend on which pairs a resumed run still has to do.
    random.state = new Random(pair, 'random-point').state;
    return (await rebasin.match(reference, network, { pace })).permutations;
  };
}
