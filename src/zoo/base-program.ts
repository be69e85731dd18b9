import type { Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import { WeightspringError } from '../errors.js';
import { crossEntropy } from '../ops/composites/losses.js';
import { networkLogits, stackedShape } from '../network/forward.js';
import type { LossProgram } from '../training/engine.js';
import { droppedNodes } from './dropout.js';

/**
 * The loss of M networks of one architecture, each on a minibatch of its own:
 * `Σ_m mean_n −log softmax(f_m(x_mn))[y_mn]`.
 *
 * With the sum over networks, each has the same gradient as alone. Parameters are stacked:
 * `w_l [M, d_{l−1}, d_l]`, `b_l [M, 1, d_l]`; inputs are `x [M, N, d_0]` and one-hot
 * `targets [M, N, d_L]`, and with dropout a mask for every node of `droppedNodes`.
 */
export function baseLossProgram(
  arch: Architecture,
  networks: number,
  batch: number,
  { hasDropout = false }: { readonly hasDropout?: boolean } = {},
): LossProgram {
  const { inputs: features, outputs: classes, slots } = networkOf(arch);
  const dropped = hasDropout ? droppedNodes(arch) : [];
  return {
    parameters: slots.map((slot) => ({
      name: slot.name,
      shape: stackedShape(slot, networks),
      // Only used for the record: every network has its own start.
      init: { kind: 'zeros' },
    })),
    inputs: [
      { name: 'x', shape: [networks, batch, features] },
      { name: 'targets', shape: [networks, batch, classes] },
      ...dropped.map(({ id, shape }) => ({
        name: maskName(id),
        shape: [networks, batch, ...shape],
      })),
    ],
    loss(ops, parameters, inputs) {
      const masks = dropped.map(({ id }) => [id, named(inputs, maskName(id))] as const);
      const logits = networkLogits(ops, arch, parameters, named(inputs, 'x'), new Map(masks));
      const mean = crossEntropy(ops, logits, named(inputs, 'targets'));
      return ops.mul(mean, ops.constant(networks));
    },
  };
}

const maskName = (node: string): string => `mask:${node}`;

/** Flat networks as stacked tensors `[M, …]`, in the order of the flat layout. */
export function stackNetworks(
  arch: Architecture,
  networks: readonly Float32Array[],
): readonly Float32Array[] {
  return networkOf(arch).slots.map(({ offset, size }) => {
    const stacked = new Float32Array(networks.length * size);
    networks.forEach((weights, m) => {
      stacked.set(weights.subarray(offset, offset + size), m * size);
    });
    return stacked;
  });
}

/** The inverse of {@link stackNetworks}; the networks are copies. */
export function unstackNetworks(
  arch: Architecture,
  stacked: readonly Float32Array[],
): readonly Float32Array[] {
  const { slots: layout, parameters } = networkOf(arch);
  const networks = (stacked[0]?.length ?? 0) / (layout[0]?.size ?? 1);
  return Array.from({ length: networks }, (_, m) => {
    const weights = new Float32Array(parameters);
    layout.forEach(({ offset, size }, tensor) => {
      const values = stacked[tensor] as Float32Array;
      weights.set(values.subarray(m * size, (m + 1) * size), offset);
    });
    return weights;
  });
}

function named<T>(values: ReadonlyMap<string, T>, name: string): T {
  const value = values.get(name);
  if (value === undefined) {
    throw new WeightspringError('internal', `a base network's program was given no '${name}'`);
  }
  return value;
}
