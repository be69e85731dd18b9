import { type Architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import type { Coordinates } from '../../src/flow/coordinates.js';
import type { FlowGeometry } from '../../src/flow/geometry.js';
import type { Prediction } from '../../src/flow/prediction.js';
import { alongBatch } from '../../src/flow/probability-path.js';
import type { LikelihoodFlow } from '../../src/likelihood/likelihood-flow.js';
import type { TensorOps } from '../../src/ops/tensor-ops.js';
import { anyWidths } from '../../src/velocity/served-families.js';
import type { VelocityNetwork } from '../../src/velocity/velocity-network.js';
import { forFamily } from '../support/point-of.js';

/** A velocity in closed form, tensor by tensor. */
export type ClosedForm = <T>(ops: TensorOps<T>, x: T, t: T, tensor: number, tensors: number) => T;

/** A flow without parameters whose coordinates are the weights divided by `scale`. */
export function closedFormFlow(
  arch: Architecture,
  velocity: ClosedForm,
  {
    geometry = 'euclidean',
    prediction = 'velocity',
    scale = 1,
  }: {
    geometry?: FlowGeometry;
    prediction?: Prediction;
    scale?: number;
  } = {},
): LikelihoodFlow {
  const { inputs, outputs, groups } = networkOf(arch);
  const network: VelocityNetwork = {
    served: anyWidths({
      inputs,
      outputs,
      maxHiddenLayers: groups.length,
    }),
    predict: (ops, _parameter, { tensors }, t) =>
      tensors.map((x, tensor) => velocity(ops, x, t, tensor, tensors.length)),
  };
  const law = { intercept: Math.log(scale), fanIn: 0, fanOut: 0 };
  const coordinates: Coordinates = {
    geometry,
    scales: forFamily(
      arch,
      networkOf(arch).slots.map(() => law),
    ),
    logScales: forFamily(arch, { intercept: 0.3, width: 0, std: 0.5 }),
  };
  return {
    model: { network, prediction, geometry },
    parameters: new Map(),
    coordinates,
    activations: ['relu'],
  };
}

/**
 * The velocity that carries N(0, I) to N(mean, std² I) along independent straight paths,
 * `v = μ + ȧ/a (x − tμ)` with `a² = (1−t)² + t²σ²`.
 */
export function gaussianVelocity(mean: number, std: number): ClosedForm {
  return (ops, x, t) => {
    const rest = ops.sub(ops.constant(1), t);
    const square = (value: typeof t): typeof t => ops.mul(value, value);
    const slope = ops.sub(ops.mul(t, ops.constant(std * std)), rest);
    const variance = ops.add(square(rest), ops.mul(square(t), ops.constant(std * std)));
    const factor = alongBatch(ops, ops.div(slope, variance), x);
    const centred = ops.sub(x, ops.mul(alongBatch(ops, t, x), ops.constant(mean)));
    return ops.add(ops.constant(mean), ops.mul(factor, centred));
  };
}

/** The same field as F of a preconditioned end point, singular at t = 1 as trained ones are. */
export function gaussianEndpoint(mean: number, std: number): ClosedForm {
  const velocity = gaussianVelocity(mean, std);
  return (ops, x, t, tensor, tensors) => {
    const v = velocity(ops, x, t, tensor, tensors);
    const rest = ops.sub(ops.constant(1), t);
    const energy = ops.add(ops.mul(t, t), ops.mul(rest, rest));
    const end = ops.add(x, ops.mul(alongBatch(ops, rest, x), v));
    const kept = ops.mul(alongBatch(ops, ops.div(t, energy), x), x);
    const out = ops.div(rest, ops.sqrt(energy));
    return ops.div(ops.sub(end, kept), alongBatch(ops, out, x));
  };
}
