import type { ProductManifold } from '../geometry/product.js';
import { differentiate } from '../ops/differentiate.js';
import type { TensorOps } from '../ops/tensor-ops.js';
import type { Expression } from '../ops/trace.js';
import { alongBatch } from './probability-path.js';
import { addPoints } from './solvers/solver-step.js';

/** Decays of the moments. The second forgets fast enough for a few dozen gradients in all. */
const BETA1 = 0.9;
const BETA2 = 0.99;
/** Against division by 0, beside gradients of some 1e-3. */
const EPSILON = 1e-8;

/** What a descent carries from one evaluation of the velocity to the next; 0 at first. */
export interface DescentState<T> {
  /** From predicted end points to where the descent is, tensors [batch, …]. */
  readonly shift: readonly T[];
  /** Mean of gradients, tensors [batch, …]. */
  readonly first: readonly T[];
  /** Mean of their squares, tensors [batch, …]. */
  readonly second: readonly T[];
  /** How many gradients there were, [batch]. */
  readonly taken: T;
}

export interface Descent<T> {
  /** Loss of a batch of points: the sum of those of its networks. */
  readonly lossAt: (tensors: readonly T[]) => T;
  /** η(t), broadcasts over [batch]. */
  readonly rate: T;
  /** Gradients of this evaluation. */
  readonly gradients: number;
}

/**
 * Adam's descent from the end point that a flow predicts, going on where the step before stopped:
 * with `y = P(x̂_1 + s)` and the moments of `g = T ∇_y L`, `s ← s − η m̂ / (√v̂ + ε)`, P the projection
 * to the manifold and T that to its tangent space. The flow may predict another end point at every
 * step; the shift is kept.
 *
 * @param manifold - of the data
 * @param end - x̂_1, tensors [batch, …]
 * @returns the point `y` after the last gradient, and what the next step carries on
 * @see Kingma & Ba 2015
 */
export function descend(
  ops: TensorOps<Expression>,
  manifold: ProductManifold,
  end: readonly Expression[],
  state: DescentState<Expression>,
  { lossAt, rate, gradients }: Descent<Expression>,
): { readonly point: readonly Expression[]; readonly state: DescentState<Expression> } {
  let { shift, first, second, taken } = state;
  const shifted = (): readonly Expression[] =>
    manifold.projectPoint(ops, addPoints(ops, end, shift));
  let point = shifted();
  for (let k = 0; k < gradients; k++) {
    const gradient = manifold.projectTangent(ops, point, differentiate(ops, lossAt(point), point));
    const squares = gradient.map((part) => ops.mul(part, part));
    first = blend(ops, BETA1, first, gradient);
    second = blend(ops, BETA2, second, squares);
    taken = ops.add(taken, ops.constant(1));
    const step = ops.div(rate, correction(ops, BETA1, taken));
    const scale = correction(ops, BETA2, taken);
    shift = shift.map((part, index) => {
      const mean = first[index] as Expression;
      const square = second[index] as Expression;
      const root = ops.sqrt(ops.div(square, alongBatch(ops, scale, square)));
      const move = ops.div(mean, ops.add(root, ops.constant(EPSILON)));
      return ops.sub(part, ops.mul(alongBatch(ops, step, part), move));
    });
    point = shifted();
  }
  return { point, state: { shift, first, second, taken } };
}

/** `β old + (1 − β) now` */
function blend(
  ops: TensorOps<Expression>,
  beta: number,
  old: readonly Expression[],
  now: readonly Expression[],
): readonly Expression[] {
  return old.map((part, index) =>
    ops.add(
      ops.mul(ops.constant(beta), part),
      ops.mul(ops.constant(1 - beta), now[index] as Expression),
    ),
  );
}

/** `1 − βⁿ` */
function correction(ops: TensorOps<Expression>, beta: number, count: Expression): Expression {
  return ops.sub(ops.constant(1), ops.exp(ops.mul(ops.constant(Math.log(beta)), count)));
}
