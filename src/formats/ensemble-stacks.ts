import { architectureKey, type Architecture } from '../network/architecture.js';
import { groupBy } from '../network/group-by.js';
import type { NetworkInputs } from './network-inputs.js';

/** A classifier in an ensemble. */
export interface EnsembleMember {
  readonly architecture: Architecture;
  /** Flat, in the order of the network's slots. */
  readonly weights: Float32Array;
  /** What its first layer takes. */
  readonly takes: NetworkInputs;
}

/** Members that differ in their weights only, and are computed together. */
export interface MemberStack<M extends EnsembleMember = EnsembleMember> {
  readonly architecture: Architecture;
  readonly takes: NetworkInputs;
  readonly members: readonly M[];
}

/** The stacks of some members, in the order of the first member of each. */
export function stacksOf<M extends EnsembleMember>(
  members: readonly M[],
): readonly MemberStack<M>[] {
  return [...groupBy(members, stackKey).values()].flatMap((together) =>
    together
      .slice(0, 1)
      .map(({ architecture, takes }) => ({ architecture, takes, members: together })),
  );
}

function stackKey({ architecture, takes }: EnsembleMember): string {
  return `${architectureKey(architecture)} ${takesKey(takes)}`;
}

/** Equal for standardisations that are the same in float32, as graphs hold them. */
function takesKey(takes: NetworkInputs): string {
  if (takes === 'raw') return takes;
  return [takes.mean, takes.scale].map((values) => Float32Array.from(values).join()).join(' ');
}
