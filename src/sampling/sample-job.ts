import type { NetworkRequest } from '../formats/provenance.js';

/** One run of the sampler: `count` networks of one architecture from one seed. */
export interface SampleJob extends NetworkRequest {
  /** Index of the first network: network k of a seed is the same whatever is drawn beside it. */
  readonly firstIndex: number;
  readonly count: number;
  /**
   * `configSha256` of the flow that the job was planned with: no other version of it answers.
   * Default: the version that the sampler has.
   */
  readonly configSha256?: string;
}

/** The part of a job that decides the weights: the rest is how they become files. */
export type DrawJob = Omit<SampleJob, 'format' | 'inputScaling'>;
