import { ensure } from '../../errors.js';
import type { Architecture } from '../../network/architecture.js';
import type { PopulationGroup } from '../../flow/tensor-scales.js';
import { Zoo } from '../../zoo/zoo.js';

/** The runs of a zoo that one flow is trained on, and those that no flow sees. */
export interface ScalingRuns {
  /** Of one architecture. */
  readonly inside: Zoo;
  /** Of the same architecture; without runs where the zoo has no more. */
  readonly outside: Zoo;
}

/**
 * The first runs of an architecture, and the last ones beyond them: for all sizes the same as long as
 * the zoo has enough.
 *
 * @param size - runs inside
 * @param most - runs outside
 * @throws WeightspringError `invalid-argument` for an architecture that the zoo has not
 */
export function scalingRuns(
  zoo: Zoo,
  architecture: Architecture,
  size: number,
  most: number,
): ScalingRuns {
  const runs = runNumbers(zoo, architecture);
  return {
    inside: withRuns(zoo, architecture, runs.slice(0, size)),
    outside: withRuns(zoo, architecture, runs.slice(Math.max(size, runs.length - most))),
  };
}

/** The numbers of an architecture's complete runs, ascending. @throws as {@link scalingRuns} */
export function runNumbers(zoo: Zoo, architecture: Architecture): readonly number[] {
  const index = zoo.indexOf(architecture);
  ensure(index >= 0, 'invalid-argument', () => 'the zoo has no networks of the architecture');
  return zoo.finalNetworksOf(index).map(({ run }) => run);
}

/** The first architecture of a zoo with all snapshots. */
export function groupOf(zoo: Zoo): PopulationGroup {
  const [architecture] = zoo.architectures as readonly [Architecture];
  return { architecture, networks: zoo.networksOf(0).map(({ weights }) => weights) };
}

function withRuns(zoo: Zoo, architecture: Architecture, numbers: readonly number[]): Zoo {
  const index = zoo.indexOf(architecture);
  const isKept = (record: { readonly architecture: number; readonly run: number }): boolean =>
    record.architecture === index && numbers.includes(record.run);
  return new Zoo(
    { ...zoo.header, architectures: [{ architecture, runs: numbers.length }] },
    zoo.networks.filter(isKept).map((network) => ({ ...network, architecture: 0 })),
    zoo.finals.filter(isKept).map((final) => ({ ...final, architecture: 0 })),
  );
}
