import type { NoveltyScale } from '../../novelty/novelty-scale.js';
import type { AveragesPoint } from './averages.js';
import type { Bars } from './bars.js';
import type { Contender } from './contender.js';
import type { Diversity, DiversityRatio } from './diversity.js';

/** Where the trained networks come from that nulls are made of and samples compared with. */
export const TRAINED_SOURCES = ['zoo-file', 'flow', 'fresh'] as const;
export type TrainedSource = (typeof TRAINED_SOURCES)[number];

/** Samples beside trained networks of their architecture, in what accuracy alone does not show. */
export interface SampleScrutiny {
  readonly samples: Contender;
  /** Null where there is only one sample. */
  readonly diversity: Diversity | null;
  /** Over that of trained networks; null without them. */
  readonly diversityRatio: DiversityRatio | null;
  /** Accuracy of averages of so many samples, and of as many trained networks. */
  readonly averages: readonly AveragesPoint[];
}

/** Trained networks of an architecture. */
export interface TrainedScrutiny {
  readonly source: TrainedSource;
  readonly runs: number;
  /** The runs of the zoo, each against the others. Null for an architecture that the zoo has not. */
  readonly zoo: Contender | null;
  readonly diversity: Diversity | null;
}

/** Networks trained like those of the zoo, from other seeds: what an ideal sampler would give. */
export interface HeldOut extends Contender {
  /** `fresh`: trained for this measurement. */
  readonly source: 'fresh';
  readonly seed: number;
}

/** Means of so many aligned runs. */
export interface AverageNull extends Contender {
  readonly members: number;
}

/** Draws of a Gaussian on the leading principal components of the aligned runs. */
export interface PrincipalNull extends Contender {
  /** Chosen on the validation part. */
  readonly components: number;
}

/** A run each, with noise. */
export interface NoiseNull extends Contender {
  /** Standard deviation over a tensor's root mean square, chosen on the validation part. */
  readonly scale: number;
}

/** Networks trained for as long as sampling takes. */
export interface SameTimeNull extends Contender {
  readonly samplingMsPerNetwork: number;
  readonly updateMsPerNetwork: number;
  /** That fit into the time of sampling, at most those of a whole training. */
  readonly updates: number;
}

/** What one gets from the same zoo without a flow; null where there is too little to make it of. */
export interface Nulls {
  /** Midpoints of two aligned runs: soups of two. */
  readonly interpolation: AverageNull | null;
  readonly soup: AverageNull | null;
  readonly principalGaussian: PrincipalNull | null;
  readonly runPlusNoise: NoiseNull | null;
  readonly sameTime: SameTimeNull | null;
}

/** What a sceptic asks of a flow at one architecture. Figures are those of the test part. */
export interface Scrutiny extends SampleScrutiny {
  /** Accuracies that count as accurate; null without trained networks. */
  readonly bars: Bars | null;
  /** What distances are compared with; null without distances. */
  readonly distanceScale: NoveltyScale | null;
  readonly trained: TrainedScrutiny | null;
  readonly heldOut: HeldOut | null;
  readonly nulls: Nulls;
  /** Why figures are null, one sentence each. */
  readonly notes: readonly string[];
}
