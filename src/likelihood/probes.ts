import type { Random } from '../random.js';

/** How the trace of the Jacobian is computed: over a basis, or estimated from random probes. */
export const TRACES = ['exact', 'hutchinson'] as const;
export type Trace = (typeof TRACES)[number];

/** Distributions of unit covariance, for which `E[εᵀJε] = tr J`. */
export const PROBE_DISTRIBUTIONS = ['rademacher', 'gaussian'] as const;
export type ProbeDistribution = (typeof PROBE_DISTRIBUTIONS)[number];

/** ε, one number per coordinate: signs, or standard normal numbers. */
export function randomProbe(
  distribution: ProbeDistribution,
  dimension: number,
  random: Random,
): Float32Array {
  return distribution === 'gaussian'
    ? random.normals(dimension)
    : Float32Array.from({ length: dimension }, () => 2 * random.integer(2) - 1);
}

/** The basis vector of one coordinate. */
export function basisProbe(dimension: number, coordinate: number): Float32Array {
  const probe = new Float32Array(dimension);
  probe[coordinate] = 1;
  return probe;
}
