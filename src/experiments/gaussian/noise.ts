/**
 * How much noise a row has: `none`; `thesis`, of standard deviation 0.05 before every step, whatever
 * its length; `solver`, what makes up for the loss of the solver; `calibrated`, what makes up for all
 * that a learned field loses, by a measurement of its own.
 */
export const NOISES = ['none', 'thesis', 'solver', 'calibrated'] as const;
export type Noise = (typeof NOISES)[number];

/** The thesis's ε. */
export const THESIS_NOISE = 0.05;

/** The standard deviation of the noise before a step of length Δt = 1/steps of strength c. */
export function epsilonOf(strength: number, steps: number): number {
  return strength / Math.sqrt(steps);
}

/** The strength c of noise of standard deviation `epsilon` before each of so many steps. */
export function strengthOf(epsilon: number, steps: number): number {
  return epsilon * Math.sqrt(steps);
}
