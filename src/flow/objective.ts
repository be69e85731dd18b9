import { behaviourLoss, type Behaviour } from './behaviour.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import { pointGeometry } from './geometry.js';
import { meanSquare, type LossMean } from './losses/average.js';
import type { EndPoints } from './losses/loss.js';
import { endPointLoss, type FlowLoss } from './losses/registry.js';
import { endOf, predict, type FlowModel } from './prediction.js';
import { samplePath, velocityTowards } from './probability-path.js';

/** Inputs of the flow-matching loss: noise, data and times of a batch of one architecture. */
export interface FlowMatchingBatch<T> {
  readonly x0: readonly T[];
  readonly x1: readonly T[];
  /** [batch] */
  readonly t: T;
  /** What the loss is the mean over. Default `tensors`. */
  readonly over?: LossMean | undefined;
  /** Adds `weight · behaviourLoss` of the predicted end points. Default: nothing. */
  readonly behaviour?: (Behaviour<T> & { readonly weight: number }) | undefined;
}

/**
 * The flow-matching loss of a batch: with endpoint prediction the chosen one of `losses/`, with
 * velocity prediction `‖v̂(x_t, t) − u_t‖²`.
 *
 * @returns a scalar
 * @see notation §6
 */
export function flowMatchingLoss<T>(
  ops: TensorOps<T>,
  model: FlowModel,
  parameter: ParameterSource<T>,
  loss: FlowLoss,
  { x0, x1, t, over, behaviour }: FlowMatchingBatch<T>,
): T {
  const { path } = pointGeometry(model.geometry, model.layout.tensors);
  const xt = samplePath(ops, path, x0, x1, t);
  return predictionLoss(ops, model, parameter, loss, { xt, x1, t, over, behaviour });
}

/** A point of the path, and the end point that is to be predicted from there. */
export interface PredictionBatch<T> extends Omit<FlowMatchingBatch<T>, 'x0'> {
  readonly xt: readonly T[];
  /** [batch], the second time of a flow map. Default t. */
  readonly until?: T | undefined;
}

/**
 * The loss of what is predicted at the points of a batch, as {@link flowMatchingLoss} says.
 *
 * @returns a scalar
 */
export function predictionLoss<T>(
  ops: TensorOps<T>,
  model: FlowModel,
  parameter: ParameterSource<T>,
  loss: FlowLoss,
  { xt, x1, t, until, over = 'tensors', behaviour }: PredictionBatch<T>,
): T {
  const predicted = predict(ops, model, parameter, xt, t, until);
  const distance = distanceLoss(ops, model, { loss, over }, { predicted, xt, x1 }, t);
  if (behaviour === undefined) return distance;
  const { layout } = model;
  const end = endOf(ops, model, predicted, xt, t);
  const difference = behaviourLoss(
    ops,
    behaviour,
    { layout, tensors: x1 },
    { layout, tensors: end },
  );
  return ops.add(distance, ops.mul(difference, ops.constant(behaviour.weight)));
}

/** How wrong a prediction is, without what else may be asked of it. */
function distanceLoss<T>(
  ops: TensorOps<T>,
  model: FlowModel,
  { loss, over }: { readonly loss: FlowLoss; readonly over: LossMean },
  points: EndPoints<T>,
  t: T,
): T {
  const { path } = pointGeometry(model.geometry, model.layout.tensors);
  if (model.prediction === 'endpoint') return endPointLoss(loss)(ops, path, points, over);
  const { predicted, xt, x1 } = points;
  return meanSquare(ops, over, predicted, velocityTowards(ops, path, xt, x1, t));
}
