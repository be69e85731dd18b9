import type { NetworkRequest } from '../formats/provenance.js';

/** One run of the sampler: `count` networks of one architecture from one seed. */
export interface SampleJob extends NetworkRequest {
  /** Index of the first network: network k of a seed is the same in every job. */
  readonly firstIndex: number;
  readonly count: number;
  /**
   * `configSha256` of the flow version that the job was planned with and must be drawn from.
   * Default: the sampler's current version.
   */
  readonly configSha256?: string;
}

/** The part of a job that determines the weights; the rest is about files. */
export type DrawJob = Omit<
  SampleJob,
  'format' | 'inputScaling' | 'weightScale' | 'memberProbabilities'
>;

/** Weights of one generated network, before they become a file. */
export interface SampledWeights {
  readonly index: number;
  /** Flat, in the order of the network's slots. */
  readonly weights: Float32Array;
}
