import type { CouplingKind } from '../../../src/flow/couplings/registry.js';

/** What the suite that all couplings pass may expect of each. */
export interface CouplingCase {
  /** Whether network k may come beside another noise than the k-th. */
  readonly reorders: boolean;
  /** Whether the neurons of a network may come in another order. */
  readonly permutesNeurons: boolean;
  /** Total squared distance on a batch of 16, over that of independent pairs: at most. */
  readonly relativeCost: number;
}

export const COUPLING_CASES: Readonly<Record<CouplingKind, CouplingCase>> = {
  independent: { reorders: false, permutesNeurons: false, relativeCost: 1 },
  ot: { reorders: true, permutesNeurons: false, relativeCost: 0.99 },
  equivariant: { reorders: false, permutesNeurons: true, relativeCost: 0.9 },
  'equivariant-ot': { reorders: true, permutesNeurons: true, relativeCost: 0.9 },
};
