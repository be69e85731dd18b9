import type { Solver } from '../flow/solvers/solver.js';
import type { TimeGrid } from '../flow/solvers/time-grid.js';
import type { ProbeDistribution, Trace } from './probes.js';

/** How a likelihood is computed. */
export interface LikelihoodOptions {
  /** Default `hutchinson`; `exact` takes one probe for each coordinate. */
  readonly trace: Trace;
  /** Of Hutchinson's estimator, for each network. Default 16. */
  readonly probes: number;
  /**
   * Default `rademacher`, whose estimate of tr J has the smaller variance: it knows the diagonal
   * exactly.
   */
  readonly probeDistribution: ProbeDistribution;
  /** Default `rk4`; `heun` is half the work, and of order 2. */
  readonly solver: Solver;
  /** Of the solver. Default 32. */
  readonly steps: number;
  /** Default `uniform`. */
  readonly timeGrid: TimeGrid;
  /**
   * δ: within [1 − δ, 1] the field is evaluated only at the middle. Default 1e-3. Rounding errors
   * of a predicted end point grow with 1/δ, that of the stretch itself with δ².
   */
  readonly endOffset: number;
  /** Of the probes. Default 1. */
  readonly seed: number;
  /** Trajectories of one evaluation. Default: what some 256 MB hold, at most 16. */
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
