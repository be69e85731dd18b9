import type { TimeGrid } from '../flow/solvers/time-grid.js';
import type { HostPoint } from '../flow/weight-space.js';
import type { Architecture } from '../network/architecture.js';

/** A trained flow that another one learns from. */
export interface Teacher {
  /** Of its velocity network, by name. */
  readonly parameters: ReadonlyMap<string, Float32Array>;

  /**
   * Where the flow leads from noise by Euler's method: the points at times from 0 to 1.
   *
   * @param architecture - of the points: of the reduced networks where there is an input metric
   * @param noise - a batch of points of the prior
   */
  trajectory(
    architecture: Architecture,
    noise: HostPoint,
    times: Float64Array,
  ): Promise<readonly HostPoint[]>;
}

/** A teacher, and the steps of the trajectories that a flow map learns from. */
export interface Teaching {
  readonly teacher: Teacher;
  readonly steps: number;
  /** Times of trajectories and of the map's own steps. Default `uniform`. */
  readonly grid?: TimeGrid | undefined;
}

/** What a flow map is distilled from, as it is recorded. */
export interface DistilConfig {
  /** Name of the teacher, and the digest of its configuration, which names that of its model. */
  readonly teacher: string;
  readonly configSha256: string;
  /** Of the teacher's trajectories. */
  readonly steps: number;
  /** That the teacher is sampled with. Default `uniform`. */
  readonly grid?: TimeGrid | undefined;
}
