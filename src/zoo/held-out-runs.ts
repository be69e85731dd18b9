import type { PopulationGroup } from '../flow/tensor-scales.js';
import { architectureKey } from '../network/architecture.js';
import { Random } from '../random.js';
import type { Zoo } from './zoo.js';

/** The networks of a zoo, with some runs kept apart. */
export interface SplitZoo {
  /** One group per architecture of the zoo. */
  readonly training: readonly PopulationGroup[];
  /** Of architectures that have held-out runs. */
  readonly heldOut: readonly PopulationGroup[];
  /** The same runs by number. */
  readonly runs: readonly HeldOutNumbers[];
}

/** The runs of one architecture that are held out. */
export interface HeldOutNumbers {
  /** Key of the architecture. */
  readonly architecture: string;
  /** Ascending. */
  readonly runs: readonly number[];
}

/** Runs of an architecture that training keeps at least. */
const FEWEST = 2;

/**
 * Holds out a fraction of the runs of each architecture, round(fraction · runs) of them with all
 * their snapshots; none of an architecture of which fewer than {@link FEWEST} would remain.
 *
 * @param fraction - in [0, 1)
 * @param seed - of the training
 */
export function holdOutRuns(zoo: Zoo, fraction: number, seed: number): SplitZoo {
  const groups = zoo.architectures.map((architecture, index) => {
    const networks = zoo.networksOf(index);
    const numbers = [...new Set(networks.map(({ run }) => run))].sort((a, b) => a - b);
    const key = architectureKey(architecture);
    const held = choose(numbers, fraction, new Random(seed, 'held-out-runs', key));
    const ofRuns = (isHeld: boolean): PopulationGroup => ({
      architecture,
      networks: networks.flatMap(({ run, weights }) => (held.has(run) === isHeld ? [weights] : [])),
    });
    return { key, held, training: ofRuns(false), heldOut: ofRuns(true) };
  });
  const withHeld = groups.filter(({ held }) => held.size > 0);
  return {
    training: groups.map(({ training }) => training),
    heldOut: withHeld.map(({ heldOut }) => heldOut),
    runs: withHeld.map(({ key, held }) => ({
      architecture: key,
      runs: [...held].sort((a, b) => a - b),
    })),
  };
}

function choose(numbers: readonly number[], fraction: number, random: Random): ReadonlySet<number> {
  const count = Math.round(fraction * numbers.length);
  if (numbers.length - count < FEWEST) return new Set();
  const order = random.permutation(numbers.length).subarray(0, count);
  return new Set(Array.from(order, (at) => numbers[at] as number));
}
