import type { WeightSpace } from '../weight-space.js';

/**
 * Pairs noise with data.
 *
 * @param x0 - noise, flat coordinates per network
 * @param x1 - data in the same coordinates
 * @returns the x_1 to use beside each x_0
 */
export type Coupling = (
  x0: readonly Float32Array[],
  x1: readonly Float32Array[],
) => readonly Float32Array[];

/** A coupling of the points of any space. */
export type CouplingFactory = (space: WeightSpace) => Coupling;
