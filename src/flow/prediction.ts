import { INPUT } from '../network/graph.js';
import type { PointLayout, PointTensor } from '../network/point-layout.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import type { VelocityNetwork } from '../velocity/velocity-network.js';
import { pointGeometry, type FlowGeometry } from './geometry.js';
import { alongBatch, velocityTowards } from './probability-path.js';

/** What a flow predicts at a point of the path. */
export const PREDICTIONS = ['endpoint', 'velocity'] as const;
export type Prediction = (typeof PREDICTIONS)[number];

/**
 * The tensors whose predicted end point keeps x_t beside the network's output.
 *
 * - `all`: every tensor
 * - `euclidean`: those that do not lie on spheres; on these `x̂_1 = P(F(x_t, t))`
 * - `biases`: those that are no weights, also of a Euclidean flow
 * - `inner`: all but the weights of the features
 *
 * With the skip a network has to write −x_0 through its tokens, noise in as many dimensions as a
 * tensor has; without it only x_1, which lies near few of them.
 *
 * @see notation §11
 */
export const SKIPS = ['all', 'euclidean', 'biases', 'inner'] as const;
export type Skip = (typeof SKIPS)[number];

/** Whether a tensor's predicted end point keeps x_t. */
export function hasSkip(
  skip: Skip,
  isFlat: boolean,
  { role, from }: Pick<PointTensor, 'role' | 'from'>,
): boolean {
  switch (skip) {
    case 'all':
      return true;
    case 'euclidean':
      return isFlat;
    case 'biases':
      return isFlat && role !== 'weight';
    case 'inner':
      return role !== 'weight' || from !== INPUT;
  }
}

/** A velocity network at the points of one family, and how its output is read. */
export interface FlowModel {
  readonly layout: PointLayout;
  readonly network: VelocityNetwork;
  readonly prediction: Prediction;
  readonly geometry: FlowGeometry;
  /** Of predicted end points. Default `all`. */
  readonly skip?: Skip | undefined;
  /** Whether the network takes a second time. Default: not. */
  readonly flowMap?: boolean | undefined;
}

/**
 * The prediction of a flow from its network's output F.
 *
 * - `endpoint`: `x̂_1 = c_skip(t) x_t + c_out(t) F(x_t, t)`, projected on to the spheres of the
 *   data. For unit-variance x_0 and x_1 the first term is the best linear prediction of x_1, and F
 *   has a unit-variance target at every t: on straight paths `c_skip = t / (t² + (1−t)²)` and
 *   `c_out = (1−t) / √(t² + (1−t)²)`; on great circles, where independent x_0 and x_1 are nearly
 *   orthogonal, `sin(πt/2)` and `cos(πt/2)`. Tensors without a skip: `P(F(x_t, t))`
 * - `velocity`: F itself, projected on to the tangent space of the path
 *
 * @param xt - tensors [batch, …]
 * @param t - [batch], in [0, 1)
 * @param until - [batch], in [t, 1]: the second time of a flow map, whose prediction leads along the
 *   mean velocity up to there. Default t, which is the flow itself
 * @see notation §6; Karras et al. 2022, table 1, for the preconditioning; notation §11 for flow maps
 */
export function predict<T>(
  ops: TensorOps<T>,
  { network, layout, prediction, geometry, skip: kept = 'all', flowMap = false }: FlowModel,
  parameter: ParameterSource<T>,
  xt: readonly T[],
  t: T,
  until: T = t,
): readonly T[] {
  const point = { layout, tensors: xt };
  const output = network.predict(ops, parameter, point, t, flowMap ? until : undefined);
  const { data, path } = pointGeometry(geometry, layout.tensors);
  if (prediction === 'velocity') return path.projectTangent(ops, xt, output);
  const straight = straightCoefficients(ops, t);
  const circular = circularCoefficients(ops, t);
  const ends = output.map((value, index) => {
    const isFlat = data.factors[index]?.isFlat !== false;
    if (!hasSkip(kept, isFlat, layout.tensors[index] as PointTensor)) return value;
    const { skip, out } = path.factors[index]?.isFlat === false ? circular : straight;
    const before = ops.mul(alongBatch(ops, skip, value), xt[index] as T);
    return ops.add(before, ops.mul(alongBatch(ops, out, value), value));
  });
  return data.projectPoint(ops, ends);
}

/**
 * The velocity at (x_t, t) from a prediction: towards a predicted end point, or the predicted
 * velocity itself.
 *
 * @param xt - tensors [batch, …]
 * @param t - [batch], in [0, 1)
 */
export function velocityOf<T>(
  ops: TensorOps<T>,
  { layout, prediction, geometry }: Omit<FlowModel, 'network'>,
  predicted: readonly T[],
  xt: readonly T[],
  t: T,
): readonly T[] {
  if (prediction === 'velocity') return predicted;
  return velocityTowards(ops, pointGeometry(geometry, layout.tensors).path, xt, predicted, t);
}

/**
 * The end point that a prediction leads to: itself, or where a predicted velocity arrives,
 * `exp_{x_t}((1 − t) v)`, on the manifold of the data.
 *
 * @param xt - tensors [batch, …]
 * @param t - [batch], in [0, 1)
 */
export function endOf<T>(
  ops: TensorOps<T>,
  { layout, prediction, geometry }: Omit<FlowModel, 'network'>,
  predicted: readonly T[],
  xt: readonly T[],
  t: T,
): readonly T[] {
  if (prediction === 'endpoint') return predicted;
  const { data, path } = pointGeometry(geometry, layout.tensors);
  const rest = ops.sub(ops.constant(1), t);
  const way = predicted.map((v) => ops.mul(alongBatch(ops, rest, v), v));
  return data.projectPoint(ops, path.expMap(ops, xt, way));
}

/** How x_t and the network's output enter the prediction, [batch] each. */
interface Coefficients<T> {
  readonly skip: T;
  readonly out: T;
}

function straightCoefficients<T>(ops: TensorOps<T>, t: T): Coefficients<T> {
  const rest = ops.sub(ops.constant(1), t);
  const energy = ops.add(ops.mul(t, t), ops.mul(rest, rest));
  return { skip: ops.div(t, energy), out: ops.div(rest, ops.sqrt(energy)) };
}

function circularCoefficients<T>(ops: TensorOps<T>, t: T): Coefficients<T> {
  const angle = ops.mul(ops.constant(Math.PI / 2), t);
  return { skip: ops.sin(angle), out: ops.cos(angle) };
}
