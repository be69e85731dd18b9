import type { SolverStep } from './solver-step.js';

/** A solver of the flow's ODE. */
export interface SolverMethod {
  readonly step: SolverStep;
  /** p, where the error of the end point falls as steps⁻ᵖ. */
  readonly order: number;
  /** Of the velocity network, per step. */
  readonly evaluations: number;
  /** Whether a step evaluates the field at its end, where an endpoint prediction is singular at t = 1. */
  readonly evaluatesEnd: boolean;
  /**
   * Whether a step that ends at t = 1 lands on the end point that the network predicted last. A step
   * along a velocity other than that at its start does not: half a step back, the same end point
   * takes twice the velocity.
   */
  readonly landsOnPrediction: boolean;
}
