import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import { pointGeometry } from './geometry.js';
import type { FlowLoss } from './losses/registry.js';
import { predictionLoss, type PredictionBatch } from './objective.js';
import type { FlowModel } from './prediction.js';
import { samplePath } from './probability-path.js';
import { alongPath } from './solvers/solver-step.js';

/** A point between two others: `exp_from(share · log_from to)`. */
export interface PathPoint<T> {
  readonly from: readonly T[];
  readonly to: readonly T[];
  /** [batch], in [0, 1] */
  readonly share: T;
}

/** Where a trajectory of the teacher is at two times. */
export interface FlowMapBatch<T> extends Pick<PredictionBatch<T>, 'over' | 'behaviour'> {
  /** x_s */
  readonly start: PathPoint<T>;
  /** x_t */
  readonly goal: PathPoint<T>;
  /** [batch], in [0, 1) */
  readonly s: T;
  /** [batch], in [s, 1] */
  readonly t: T;
  /** [batch], `(1−s)/(t−s)`; 1 where t = s and the goal is an end point. */
  readonly stretch: T;
}

/**
 * The loss of a flow map ê at pairs of points of trajectories: that of {@link predictionLoss} of
 * `ê(x_s, s, t)` for the end point
 *
 * `E(s, t) = P( exp_{x_s}( (1−s)/(t−s) · log_{x_s} x_t ) )`,
 *
 * P the projection on to the data's manifold. A map that predicts it jumps from x_s to x_t, since
 * `X_{s,t}(x) = exp_x( (t−s)/(1−s) · log_x ê(x, s, t) )`. In flat space the chord loss is
 * `‖X_{s,t}(x_s) − x_t‖² ((1−s)/(t−s))²`, so that short jumps count as much as long ones. Within one
 * Euler step of the teacher E is the end point that the teacher predicts, and at t = 1 where its
 * trajectory arrives; a behaviour loss compares with these, and not with the data.
 *
 * @returns a scalar
 * @see notation §11; Kim et al. 2024, "Consistency trajectory models"; "Generalised flow maps",
 *   arXiv 2510.21608, for manifolds
 */
export function flowMapLoss<T>(
  ops: TensorOps<T>,
  model: FlowModel,
  parameter: ParameterSource<T>,
  loss: FlowLoss,
  { start, goal, s, t, stretch, over, behaviour }: FlowMapBatch<T>,
): T {
  const { data, path } = pointGeometry(model.geometry, model.layout.tensors);
  const at = ({ from, to, share }: PathPoint<T>): readonly T[] =>
    samplePath(ops, path, from, to, share);
  const xs = at(start);
  const way = alongPath(ops, stretch, path.logMap(ops, xs, at(goal)));
  const end = data.projectPoint(ops, path.expMap(ops, xs, way));
  return predictionLoss(ops, model, parameter, loss, {
    xt: xs,
    x1: end,
    t: s,
    until: t,
    over,
    behaviour,
  });
}
