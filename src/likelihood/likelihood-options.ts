import type { Solver } from '../flow/solvers/solver.js';
import type { TimeGrid } from '../flow/solvers/time-grid.js';
import type { ProbeDistribution, Trace } from './probes.js';

/** How a likelihood is computed. */
export interface LikelihoodOptions {
  /** Default `hutchinson`; `exact` needs one probe per coordinate. */
  readonly trace: Trace;
  /** Probes of Hutchinson's estimator per network. Default 16. */
  readonly probes: number;
  /**
   * Default `rademacher`, whose estimate of tr J has the smaller variance: diagonal entries
   * contribute none.
   */
  readonly probeDistribution: ProbeDistribution;
  /** Default `rk4`; `heun` takes half the work, but has order 2. */
  readonly solver: Solver;
  /** Steps of the solver. Default 32. */
  readonly steps: number;
  /** Default `uniform`. */
  readonly timeGrid: TimeGrid;
  /**
   * δ: within [1 − δ, 1] the field is evaluated only at the middle. Default 1e-3. Rounding errors
   * of a predicted end point grow with 1/δ, the error of this interval with δ².
   */
  readonly endOffset: number;
  /** Seed of the probes. Default 1. */
  readonly seed: number;
  /** Trajectories per evaluation. Default: as many as fit into some 256 MB, at most 16. */
  readonly rows?: number;
}

export const LIKELIHOOD_DEFAULTS: LikelihoodOptions = {
  trace: 'hutchinson',
  probes: 16,
  probeDistribution: 'rademacher',
  solver: 'rk4',
  steps: 32,
  timeGrid: 'uniform',
  endOffset: 1e-3,
  seed: 1,
};
