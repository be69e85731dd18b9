import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import type { VelocityNetwork } from '../velocity/velocity-network.js';
import { predict, type Prediction } from './prediction.js';
import { samplePath } from './probability-path.js';

/** Inputs of the flow-matching loss: noise, data and times of a batch of one architecture. */
export interface FlowMatchingBatch<T> {
  readonly x0: readonly T[];
  readonly x1: readonly T[];
  /** [batch] */
  readonly t: T;
}

/**
 * The flow-matching loss of a batch: with endpoint prediction `mean ‖x̂_1(x_t, t) − x_1‖²`, with
 * velocity prediction `mean ‖v̂(x_t, t) − u_t‖²`; the mean is over tensors of the mean over their
 * coordinates, so that a last layer of 34 weights counts as much as a first one of 480.
 *
 * @returns a scalar
 * @see notation §6
 */
export function flowMatchingLoss<T>(
  ops: TensorOps<T>,
  network: VelocityNetwork,
  parameter: ParameterSource<T>,
  prediction: Prediction,
  { x0, x1, t }: FlowMatchingBatch<T>,
): T {
  const { xt, ut } = samplePath(ops, x0, x1, t);
  const predicted = predict(ops, network, parameter, prediction, xt, t);
  const target = prediction === 'endpoint' ? x1 : ut;
  const losses = predicted.map((value, index) => {
    const error = ops.sub(value, target[index] as T);
    return ops.mean(ops.mul(error, error));
  });
  const total = losses.reduce((sum, loss) => ops.add(sum, loss));
  return ops.mul(total, ops.constant(1 / losses.length));
}
