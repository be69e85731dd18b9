import { architectureFields } from '../network/architecture-fields.js';
import { WeightspringError } from '../errors.js';
import type { Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';

/** Fits something for each family of a population; results by the key of the family. */
export function fitByFamily<G extends { readonly architecture: Architecture }, L>(
  population: readonly G[],
  fit: (groups: readonly G[]) => L,
): Readonly<Record<string, L>> {
  const families = [...byFamily(population)];
  return Object.fromEntries(families.map(([family, groups]) => [family, fit(groups)]));
}

/** Groups of a population by the key of their family, in order of first appearance. */
export function byFamily<G extends { readonly architecture: Architecture }>(
  groups: readonly G[],
): ReadonlyMap<string, readonly G[]> {
  const families = new Map<string, G[]>();
  for (const group of groups) {
    const { key } = networkOf(group.architecture).family;
    families.set(key, [...(families.get(key) ?? []), group]);
  }
  return families;
}

/**
 * The result of the fit for the family of an architecture.
 *
 * @throws WeightspringError `unsupported-architecture` for a family that was not fitted
 */
export function lawOf<L>(laws: Readonly<Record<string, L>>, arch: Architecture): L {
  const { family, key } = networkOf(arch);
  const law = laws[family.key];
  if (law !== undefined) return law;
  throw new WeightspringError(
    'unsupported-architecture',
    `expected an architecture like ${Object.keys(laws).join(', ')}, got ${key}`,
    { field: architectureFields(arch).whole },
  );
}
