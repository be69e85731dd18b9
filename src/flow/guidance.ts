import { ensure } from '../errors.js';
import type { ProductManifold } from '../geometry/product.js';
import type { Point } from '../network/point-layout.js';
import { differentiate } from '../ops/differentiate.js';
import type { TensorOps } from '../ops/tensor-ops.js';
import type { Expression } from '../ops/trace.js';
import { pointLogits, type Behaviour } from './behaviour.js';
import { pointGeometry } from './geometry.js';
import { descend, type DescentState } from './guided-descent.js';
import { scheduled, type GuidanceSchedule } from './guidance-schedule.js';
import { endOf, velocityOf, type FlowModel } from './prediction.js';
import { velocityTowards } from './probability-path.js';
import { addPoints, alongPath } from './solvers/solver-step.js';

/**
 * Which gradient guides, L the mean cross-entropy of a network on labelled rows and T the projection
 * to the tangent space:
 *
 * - `end-point`: where the flow predicts a network, `x̂_1 ← exp_{x̂_1}( −λ(t) T ∇_{x̂_1} L(f_{x̂_1}) )`,
 *   then the velocity towards the shifted end point
 * - `through-network`: the same loss by x_t, through the velocity network,
 *   `v ← v − λ(t)/(1−t) T ∇_{x_t} L(f_{x̂_1(x_t, t)})`, so that at the last step both move as far
 * - `current-point`: the thesis's, `v ← v − λ(t) T ∇_{x_t} L(f_{x_t})`
 * - `descent`: several gradients a step by Adam at the rate λ(t) from the predicted end point, whose
 *   shift is kept from step to step ({@link descend}), then the velocity towards where it arrives
 *
 * @see notation §8, §11
 */
export const GUIDANCE_FORMS = ['end-point', 'through-network', 'current-point', 'descent'] as const;
export type GuidanceForm = (typeof GUIDANCE_FORMS)[number];

/** How labelled rows guide. */
export interface GuidanceMethod {
  readonly form: GuidanceForm;
  readonly schedule: GuidanceSchedule;
  /** Gradients of a step; 1 but for `descent`. */
  readonly gradients: number;
}

/** What guides the networks of a batch. */
export interface GuideValues<T> extends Behaviour<T> {
  /** Of the rows: [M, C], each row a distribution over classes. */
  readonly targets: T;
  /** λ, a scalar. */
  readonly strength: T;
}

/** What a flow predicts at a point of the path. */
interface FlowPrediction<T> {
  readonly predicted: readonly T[];
  /** Tensors [batch, …]. */
  readonly xt: readonly T[];
  /** [batch], in [0, 1) */
  readonly t: T;
}

/** A guided velocity, and what a descent carries to the next step. */
export interface Guided<T> {
  readonly velocity: readonly T[];
  /** Only of the form `descent`. */
  readonly state?: DescentState<T>;
}

/**
 * The velocity of a flow that is guided by labelled rows. It is recorded, since it differentiates.
 *
 * @param carried - what the descent of the step before carried on; only for the form `descent`
 * @see notation §11
 */
export function guidedVelocity(
  ops: TensorOps<Expression>,
  model: FlowModel,
  { form, schedule, gradients }: GuidanceMethod,
  guide: GuideValues<Expression>,
  { predicted, xt, t }: FlowPrediction<Expression>,
  carried?: DescentState<Expression>,
): Guided<Expression> {
  const { data, path } = pointGeometry(model.geometry, model.layout.tensors);
  const lambda = scheduled(ops, schedule, guide.strength, t);
  const lossAt = (tensors: readonly Expression[]): Expression =>
    guidanceLoss(ops, guide, { layout: model.layout, tensors });
  switch (form) {
    case 'end-point': {
      const end = endOf(ops, model, predicted, xt, t);
      const descent = descentAt(ops, data, end, lossAt(end), lambda);
      return { velocity: velocityTowards(ops, path, xt, data.expMap(ops, end, descent), t) };
    }
    case 'through-network': {
      const loss = lossAt(endOf(ops, model, predicted, xt, t));
      const rate = ops.div(lambda, ops.sub(ops.constant(1), t));
      const velocity = velocityOf(ops, model, predicted, xt, t);
      return { velocity: addPoints(ops, velocity, descentAt(ops, path, xt, loss, rate)) };
    }
    case 'current-point': {
      const loss = lossAt(data.projectPoint(ops, xt));
      const velocity = velocityOf(ops, model, predicted, xt, t);
      return { velocity: addPoints(ops, velocity, descentAt(ops, path, xt, loss, lambda)) };
    }
    case 'descent': {
      ensure(carried !== undefined, 'internal', () => 'a descent goes on from a state');
      const end = endOf(ops, model, predicted, xt, t);
      const descent = { lossAt, rate: lambda, gradients };
      const { point, state } = descend(ops, data, end, carried, descent);
      return { velocity: velocityTowards(ops, path, xt, point, t), state };
    }
  }
}

/** `−rate · T ∇_x loss`, a tangent at x. */
function descentAt(
  ops: TensorOps<Expression>,
  manifold: ProductManifold,
  x: readonly Expression[],
  loss: Expression,
  rate: Expression,
): readonly Expression[] {
  const gradient = manifold.projectTangent(ops, x, differentiate(ops, loss, x));
  return alongPath(ops, ops.mul(ops.constant(-1), rate), gradient);
}

/**
 * The sum over the networks of a batch of their mean cross-entropies on the rows: its gradient by a
 * network is that of the network's own loss, to the last bit in every batch.
 *
 * @returns a scalar
 */
export function guidanceLoss<T>(
  ops: TensorOps<T>,
  { targets, ...behaviour }: Omit<GuideValues<T>, 'strength'>,
  point: Point<T>,
): T {
  const logits = pointLogits(ops, behaviour, point);
  const last = ops.shape(logits).length - 1;
  const rows = ops.sum(ops.mul(targets, ops.logSoftmax(logits)), [last]);
  return ops.mul(ops.constant(-1), ops.sum(ops.mean(rows, [last - 1])));
}
