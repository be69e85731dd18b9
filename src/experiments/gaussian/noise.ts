import type { Solver } from '../../flow/solvers/solver.js';
import { recommendedStrength } from './exact-flow.js';

/**
 * How much noise a row has: `none`; `thesis`, of standard deviation 0.05 before every step, whatever
 * its length; `recommended`, by {@link recommendedStrength}.
 */
export const NOISES = ['none', 'thesis', 'recommended'] as const;
export type Noise = (typeof NOISES)[number];

/** The thesis's ε. */
export const THESIS_NOISE = 0.05;

/**
 * The strength c, of which every step gets noise `c √Δt`.
 *
 * @param lost - variance that the field loses however small the steps
 */
export function strengthOf(noise: Noise, solver: Solver, steps: number, lost: number): number {
  switch (noise) {
    case 'none':
      return 0;
    case 'thesis':
      return THESIS_NOISE * Math.sqrt(steps);
    case 'recommended':
      return recommendedStrength(solver, steps, lost);
  }
}
