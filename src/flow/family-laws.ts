import { architectureFields } from '../network/architecture-fields.js';
import { WeightspringError } from '../errors.js';
import type { Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';

/** What is fitted for each family of a population, by its key. */
export function fitByFamily<G extends { readonly architecture: Architecture }, L>(
  population: readonly G[],
  fit: (groups: readonly G[]) => L,
): Readonly<Record<string, L>> {
  const families = [...byFamily(population)];
  return Object.fromEntries(families.map(([family, groups]) => [family, fit(groups)]));
}

/** Groups of a population by the key of their family, in the order in which families come. */
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
 * What was fitted for the family of an architecture.
 *
 * @throws WeightspringError `unsupported-architecture` for a family that was never fitted
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
