/**
 * How much noise a row has: `none`; `thesis`, of standard deviation 0.05 before every step,
 * whatever its length; `solver`, compensates for the solver's loss of variance; `calibrated`,
 * compensates for the measured total loss with a learned field.
 */
export const NOISES = ['none', 'thesis', 'solver', 'calibrated'] as const;
export type Noise = (typeof NOISES)[number];

/** The thesis's ε. */
export const THESIS_NOISE = 0.05;

/** Standard deviation of the noise of strength c before a step of length Δt = 1/steps. */
export function epsilonOf(strength: number, steps: number): number {
  return strength / Math.sqrt(steps);
}

/** Strength c of noise of standard deviation `epsilon` before each of `steps` steps. */
export function strengthOf(epsilon: number, steps: number): number {
  return epsilon * Math.sqrt(steps);
}
