import { behaviourLoss, type Behaviour } from './behaviour.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import { pointGeometry } from './geometry.js';
import { endOf, predict, type FlowModel } from './prediction.js';
import { samplePath, velocityTowards } from './probability-path.js';

/**
 * How far a predicted end point is from the true one. On straight paths all three are the same.
 *
 * - `tangent`: `‖log_{x_t} x̂_1 − log_{x_t} x_1‖²`, whose minimiser is the right velocity
 * - `chord`: `‖x̂_1 − x_1‖²`
 * - `geodesic`: squared geodesic distance
 *
 * @see notation §6
 */
export const FLOW_LOSSES = ['chord', 'tangent', 'geodesic'] as const;
export type FlowLoss = (typeof FLOW_LOSSES)[number];

/** Inputs of the flow-matching loss: noise, data and times of a batch of one architecture. */
export interface FlowMatchingBatch<T> {
  readonly x0: readonly T[];
  readonly x1: readonly T[];
  /** [batch] */
  readonly t: T;
  /** Adds `weight · behaviourLoss` of the predicted end points. Default: nothing. */
  readonly behaviour?: (Behaviour<T> & { readonly weight: number }) | undefined;
}

/**
 * The flow-matching loss of a batch: with endpoint prediction as {@link FLOW_LOSSES} say, with
 * velocity prediction `‖v̂(x_t, t) − u_t‖²`. It is the mean over tensors of the mean over their
 * coordinates, so that a last layer of 34 weights counts as much as a first one of 480.
 *
 * @returns a scalar
 * @see notation §6
 */
export function flowMatchingLoss<T>(
  ops: TensorOps<T>,
  model: FlowModel,
  parameter: ParameterSource<T>,
  loss: FlowLoss,
  { x0, x1, t, behaviour }: FlowMatchingBatch<T>,
): T {
  const { path } = pointGeometry(model.geometry, model.layout.tensors);
  const xt = samplePath(ops, path, x0, x1, t);
  return predictionLoss(ops, model, parameter, loss, { xt, x1, t, behaviour });
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
  { xt, x1, t, until, behaviour }: PredictionBatch<T>,
): T {
  const predicted = predict(ops, model, parameter, xt, t, until);
  const distance = distanceLoss(ops, model, loss, { predicted, xt, x1, t });
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

interface Prediction<T> {
  readonly predicted: readonly T[];
  readonly xt: readonly T[];
  readonly x1: readonly T[];
  readonly t: T;
}

/** {@link FLOW_LOSSES} of a prediction. */
function distanceLoss<T>(
  ops: TensorOps<T>,
  model: FlowModel,
  loss: FlowLoss,
  { predicted, xt, x1, t }: Prediction<T>,
): T {
  const { path } = pointGeometry(model.geometry, model.layout.tensors);
  if (model.prediction === 'velocity') {
    return meanSquare(ops, predicted, velocityTowards(ops, path, xt, x1, t));
  }
  switch (loss) {
    case 'chord':
      return meanSquare(ops, predicted, x1);
    case 'tangent':
      return meanSquare(ops, path.logMap(ops, xt, predicted), path.logMap(ops, xt, x1));
    case 'geodesic':
      return average(
        ops,
        path.factors.map((factor, index) => {
          const [end, target] = [predicted[index] as T, x1[index] as T];
          const axes = ops.shape(end).map((_, axis) => axis);
          const square = factor.squaredDistance(ops, end, target);
          return ops.div(ops.mean(square), ops.count(end, axes.slice(1)));
        }),
      );
  }
}

function meanSquare<T>(ops: TensorOps<T>, values: readonly T[], targets: readonly T[]): T {
  return average(
    ops,
    values.map((value, index) => {
      const error = ops.sub(value, targets[index] as T);
      return ops.mean(ops.mul(error, error));
    }),
  );
}

/** Of scalars. */
function average<T>(ops: TensorOps<T>, values: readonly T[]): T {
  const total = values.reduce((sum, value) => ops.add(sum, value));
  return ops.mul(total, ops.constant(1 / values.length));
}
