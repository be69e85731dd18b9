import type { WeightSpace } from '../weight-space.js';

/**
 * Pairs noise with data.
 *
 * @param x0 - noise, flat coordinates per network
 * @param x1 - data in the same coordinates
 * @returns the x_1 paired with each x_0
 */
export type Coupling = (
  x0: readonly Float32Array[],
  x1: readonly Float32Array[],
) => readonly Float32Array[];

/** Creates a coupling for the points of a space. */
export type CouplingFactory = (space: WeightSpace) => Coupling;
