import type { AveragingPoint } from '../averaging.js';

/** Accuracy of averages of as many samples as trained networks; null where there are too few. */
export interface AveragesPoint {
  readonly networks: number;
  readonly samples: number | null;
  readonly trained: number | null;
}

/** Networks of which averages and pairs are taken at most. */
export const MOST_AVERAGED = 128;

/** Two curves of averages side by side, by the number of networks. */
export function besideEachOther(
  samples: readonly AveragingPoint[],
  trained: readonly AveragingPoint[],
): readonly AveragesPoint[] {
  const of = (curve: readonly AveragingPoint[]): ReadonlyMap<number, number> =>
    new Map(curve.map((point) => [point.samples, point.accuracy]));
  const [drawn, learnt] = [of(samples), of(trained)];
  return [...new Set([...drawn.keys(), ...learnt.keys()])]
    .sort((a, b) => a - b)
    .map((networks) => ({
      networks,
      samples: drawn.get(networks) ?? null,
      trained: learnt.get(networks) ?? null,
    }));
}
