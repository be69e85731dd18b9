import { isNovel, noveltyRatio, quantile, type NoveltyScale } from '../../novelty/novelty-scale.js';
import type { Bars } from './bars.js';

/** How far networks are from the trained runs of their architecture. */
export interface DistanceNovelty {
  /** Networks that have a distance: all but those without a canonical form. */
  readonly networks: number;
  /** Median over the networks of the novelty ratio: 1 for independent runs. */
  readonly medianRatio: number;
  /** The smallest: of the network that is nearest to a copy. */
  readonly smallestRatio: number;
  /** Fraction that is novel: .95 for networks like the trained ones, but independent. */
  readonly novel: number;
  /** Fraction that is novel and also accurate, at either bar. */
  readonly distanceNovelAndAccurate: Bars;
}

/** What is judged: accuracy on the rows that the bars belong to. */
export interface Placed {
  readonly accuracy: number;
  readonly distance: number;
}

/**
 * Summarises at least one network.
 *
 * @see docs/notation.md, novelty
 */
export function distanceNovelty(
  networks: readonly Placed[],
  scale: NoveltyScale,
  bars: Bars,
): DistanceNovelty {
  const ratios = networks.map((network) => noveltyRatio(network, scale));
  const novel = networks.filter((network) => isNovel(network, scale));
  const share = (bar: number): number =>
    novel.filter(({ accuracy }) => accuracy >= bar).length / networks.length;
  return {
    networks: networks.length,
    medianRatio: quantile(ratios, 0.5),
    smallestRatio: Math.min(...ratios),
    novel: novel.length / networks.length,
    distanceNovelAndAccurate: { lenient: share(bars.lenient), strict: share(bars.strict) },
  };
}
