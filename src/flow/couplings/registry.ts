import type { WeightSpace } from '../weight-space.js';
import type { Coupling, CouplingFactory } from './coupling.js';
import { equivariant } from './equivariant.js';
import { equivariantTransport } from './equivariant-transport.js';
import { independent } from './independent.js';
import { optimalTransport } from './optimal-transport.js';

/**
 * How the pairs (x_0, x_1) of a batch are formed. To add a coupling, write its file and a line
 * here.
 */
const BY_KIND = {
  independent,
  ot: optimalTransport,
  equivariant,
  'equivariant-ot': equivariantTransport,
} satisfies Record<string, CouplingFactory>;

export type CouplingKind = keyof typeof BY_KIND;

/** Names of the couplings. */
export const COUPLINGS = Object.keys(BY_KIND) as readonly CouplingKind[];

/**
 * The coupling of a kind for the points of a space.
 *
 * @see notation §6
 */
export function createCoupling(kind: CouplingKind, space: WeightSpace): Coupling {
  return BY_KIND[kind](space);
}
