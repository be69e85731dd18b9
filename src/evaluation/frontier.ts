import type { WidthRange } from '../flows/flow-summary.js';
import { architectureKey, type Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import { withHiddenSizes } from '../network/resize.js';

/** All hidden layers of a family as narrow, or all as wide, as a range allows. */
export function evenCorners(arch: Architecture, { min, max }: WidthRange): readonly Architecture[] {
  return distinct([min, max].map((width) => withHiddenSizes(arch, () => width)));
}

/**
 * Hidden layers of a family as narrow and as wide as a range allows, by turns: each group of neurons
 * is at the other end of the range than the first group that it reads.
 */
export function unevenCorners(
  arch: Architecture,
  { min, max }: WidthRange,
): readonly Architecture[] {
  if (networkOf(arch).groups.length < 2) return [];
  const turns = turnsOf(arch);
  const corners = [
    [min, max],
    [max, min],
  ] as const;
  return distinct(
    corners.map(([here, there]) =>
      withHiddenSizes(arch, ({ name }) => (turns.has(name) ? there : here)),
    ),
  );
}

/** The groups that read one which is not among these. */
function turnsOf(arch: Architecture): ReadonlySet<string> {
  const seen = new Set<string>();
  const turns = new Set<string>();
  for (const { name, writers } of networkOf(arch).groups) {
    const read = writers.find(({ from }) => from !== null && seen.has(from))?.from;
    if (read !== undefined && read !== null && !turns.has(read)) turns.add(name);
    seen.add(name);
  }
  return turns;
}

/**
 * Measures a corner and, where it fails, looks for the place between it and the hull where failing
 * begins, by halving the way. Widths of the hull's edge are taken to pass.
 *
 * @param passes - measures an architecture
 */
export async function measureTowardsHull(
  corner: Architecture,
  hull: WidthRange,
  passes: (arch: Architecture) => Promise<boolean>,
): Promise<void> {
  if (await passes(corner)) return;
  const wayOf = (size: number): number => Math.min(Math.max(size, hull.min), hull.max) - size;
  const distance = Math.max(...networkOf(corner).groups.map(({ size }) => Math.abs(wayOf(size))));
  let failing = 0;
  let passing = distance;
  while (passing - failing > 1) {
    const middle = Math.floor((failing + passing) / 2);
    const between = withHiddenSizes(corner, ({ size }) =>
      Math.round(size + (wayOf(size) * middle) / distance),
    );
    if (await passes(between)) passing = middle;
    else failing = middle;
  }
}

function distinct(corners: readonly Architecture[]): readonly Architecture[] {
  return [...new Map(corners.map((corner) => [architectureKey(corner), corner])).values()];
}
