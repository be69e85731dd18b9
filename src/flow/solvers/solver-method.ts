import type { SolverStep } from './solver-step.js';

/** A solver of the flow's ODE. */
export interface SolverMethod {
  readonly step: SolverStep;
  /** p: the error of the end point falls as steps⁻ᵖ. */
  readonly order: number;
  /** Evaluations of the velocity network per step. */
  readonly evaluations: number;
  /**
   * Whether a step evaluates the field at its end. With end point prediction the field is singular
   * at t = 1.
   */
  readonly evaluatesEnd: boolean;
  /**
   * Whether a step that ends at t = 1 lands on the last end point that the network predicted. A
   * step with a velocity evaluated later than its start does not: half a step before t = 1, the
   * same end point takes twice the velocity.
   */
  readonly landsOnPrediction: boolean;
}
