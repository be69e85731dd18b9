import { mean, spread, type Spread } from '../population-metrics.js';
import type { Bars } from './bars.js';
import type { NoveltyScale } from '../../novelty/novelty-scale.js';
import { distanceNovelty, type DistanceNovelty } from './distance-novelty.js';
import type { Member } from './member.js';

/** Figures of several networks of one origin, on the test part. */
export interface ContenderFigures {
  readonly networks: number;
  readonly accuracy: Spread;
  /** Mean, in nats; null where it was not measured of all. */
  readonly crossEntropy: number | null;
  /** Mean largest error overlap with a trained run; null where there is no other run. */
  readonly maxErrorIoU: number | null;
  /** Null without distances. */
  readonly distance: DistanceNovelty | null;
}

/** The same, with the best of every few networks by validation accuracy. */
export interface Contender extends ContenderFigures {
  /** Null where there are fewer networks than {@link BEST_OF}. */
  readonly bestOf: ContenderFigures | null;
}

/** Networks of which the best is taken. */
export const BEST_OF = 8;

/** What networks of one architecture are judged by. */
export interface Judges {
  /** Null without trained networks. */
  readonly bars: Bars | null;
  /** Null without distances. */
  readonly scale: NoveltyScale | null;
}

/** Summarises the networks of one origin, at least one. */
export function contender(members: readonly Member[], judges: Judges): Contender {
  const best = bestOf(members, BEST_OF);
  return {
    ...contenderFigures(members, judges),
    bestOf: best.length === 0 ? null : contenderFigures(best, judges),
  };
}

/**
 * Of every n networks in their order the one with the highest validation accuracy, the first of
 * equals; networks that do not fill a group are left out.
 */
export function bestOf(members: readonly Member[], n: number): readonly Member[] {
  const best: Member[] = [];
  for (let start = 0; start + n <= members.length; start += n) {
    best.push(
      members
        .slice(start, start + n)
        .reduce((a, b) => (b.validationAccuracy > a.validationAccuracy ? b : a)),
    );
  }
  return best;
}

function contenderFigures(members: readonly Member[], { bars, scale }: Judges): ContenderFigures {
  const placed = members.flatMap(({ accuracy, distance }) =>
    distance === null ? [] : [{ accuracy, distance }],
  );
  return {
    networks: members.length,
    accuracy: spread(members.map(({ accuracy }) => accuracy)),
    crossEntropy: meanIfAll(members.map(({ crossEntropy }) => crossEntropy)),
    maxErrorIoU: meanIfAll(members.map(({ errorIoU }) => errorIoU)),
    distance:
      scale === null || bars === null || placed.length === 0
        ? null
        : distanceNovelty(placed, scale, bars),
  };
}

function meanIfAll(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length < values.length ? null : mean(known);
}
