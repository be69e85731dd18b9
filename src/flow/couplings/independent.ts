import type { CouplingFactory } from './coupling.js';

/** Pairs as drawn. */
export const independent: CouplingFactory = () => (_, x1) => x1;
