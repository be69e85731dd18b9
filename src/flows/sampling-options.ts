import type { Solver } from '../flow/solvers/solver.js';
import type { TimeGrid } from '../flow/solvers/time-grid.js';
import type { Stochasticity } from '../flow/stochasticity.js';

/** How a flow is integrated. */
export interface SamplingOptions {
  /** Steps of the ODE solver. */
  readonly steps: number;
  readonly solver: Solver;
  readonly timeGrid: TimeGrid;
  readonly stochasticity: Stochasticity;
}

/** Options chosen by a caller; undefined for defaults. */
export type ChosenSampling = {
  readonly [K in keyof SamplingOptions]?: SamplingOptions[K] | undefined;
};

/** The sampling of a request: its choices, and the flow's defaults for the rest. */
export function completeSampling(
  flow: Omit<SamplingOptions, 'steps'> & { readonly steps: { readonly default: number } },
  chosen: ChosenSampling,
): SamplingOptions {
  return {
    steps: chosen.steps ?? flow.steps.default,
    solver: chosen.solver ?? flow.solver,
    timeGrid: chosen.timeGrid ?? flow.timeGrid,
    stochasticity: chosen.stochasticity ?? flow.stochasticity,
  };
}
