import type { Activation } from './architecture.js';
import { erf } from './erf.js';

/** The scalar functions σ in float64. `gelu` is the exact one, x·Φ(x) = x(1 + erf(x/√2))/2. */
export const ACTIVATION_FUNCTIONS: Readonly<Record<Activation, (x: number) => number>> = {
  relu: (x) => (x < 0 ? 0 : x),
  tanh: Math.tanh,
  gelu: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
  silu: (x) => x / (1 + Math.exp(-x)),
};
