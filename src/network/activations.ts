import { gelu, relu, silu } from '../ops/composites/activations.js';
import type { TensorOps } from '../ops/tensor-ops.js';
import type { Activation } from './architecture.js';
import { erf } from '../ops/erf.js';

/** The scalar functions σ in float64. `gelu` is the exact one, x·Φ(x) = x(1 + erf(x/√2))/2. */
export const ACTIVATION_FUNCTIONS: Readonly<Record<Activation, (x: number) => number>> = {
  relu: (x) => (x < 0 ? 0 : x),
  tanh: Math.tanh,
  gelu: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
  silu: (x) => x / (1 + Math.exp(-x)),
};

type UnaryComposite = <T>(ops: TensorOps<T>, x: T) => T;

const COMPOSITES: Readonly<Record<Activation, UnaryComposite>> = {
  relu,
  tanh: (ops, x) => ops.tanh(x),
  gelu,
  silu,
};

/** The activation σ of an architecture, element by element. */
export function activate<T>(ops: TensorOps<T>, activation: Activation, x: T): T {
  return COMPOSITES[activation](ops, x);
}
