import { ensure } from '../errors.js';
import { Float32Tensor } from '../ops/float64/float32-tensor.js';
import { Float64Ops } from '../ops/float64-ops.js';
import type { ReferenceTensor } from '../ops/reference-ops.js';
import type { TensorOps } from '../ops/tensor-ops.js';
import type { Architecture } from './architecture.js';
import { INPUT, logitsNode } from './graph.js';
import { layerOf } from './layers/registry.js';
import { ensureWeights, networkOf } from './network.js';
import type { TensorSlot } from './slots.js';

/**
 * The value of every node for a batch of rows, or for the batches of M networks at once.
 *
 * @param tensors - by the names of the network's slots: in their shapes, or in those of
 *   {@link stackedShape}
 * @param x - [N, …], or [M, N, …] for a stack
 * @returns by id of the node, with `input` for `x`
 */
export function networkValues<T>(
  ops: TensorOps<T>,
  arch: Architecture,
  tensors: ReadonlyMap<string, T>,
  x: T,
): ReadonlyMap<string, T> {
  const { graph, slotsOf } = networkOf(arch);
  const values = new Map<string, T>([[INPUT, x]]);
  for (const { id, inputs, layer } of graph.nodes) {
    const parameters = (slotsOf.get(id) ?? []).map(({ name }) => at(tensors, name));
    const read = inputs.map((input) => at(values, input));
    values.set(id, layerOf(layer).forward(ops, layer, parameters, read));
  }
  return values;
}

/**
 * Shape of a tensor of M networks at once: `[M, d_{l−1}, d_l]` for a weight, and `[M, 1, d_l]` for
 * what belongs to a neuron, so that it meets rows `[M, N, d_l]`.
 */
export function stackedShape(
  { role, shape }: Pick<TensorSlot, 'role' | 'shape'>,
  networks: number,
): readonly number[] {
  return role === 'weight' ? [networks, ...shape] : [networks, 1, ...shape];
}

/** The logits among {@link networkValues}: [N, C], or [M, N, C] for a stack. */
export function networkLogits<T>(
  ops: TensorOps<T>,
  arch: Architecture,
  tensors: ReadonlyMap<string, T>,
  x: T,
): T {
  return at(networkValues(ops, arch, tensors, x), logitsOf(arch));
}

/**
 * Logits of a network in float64.
 *
 * @param weights - flat
 * @param x - `[n, inputs]`, row-major
 * @returns logits `[n, C]`, row-major
 * @throws WeightspringError `shape-mismatch` when a length does not fit the network
 */
export function forward(
  arch: Architecture,
  weights: ArrayLike<number>,
  x: Float32Array | Float64Array,
): Float64Array {
  return at(valuesOf(arch, weights, x), logitsOf(arch)).data;
}

/**
 * What the layers of a network read of each group of neurons: the values that lead away from it,
 * `[n, size]` each, row-major.
 *
 * @param x - `[n, inputs]`, row-major
 * @returns per group, in the order of the network's groups, one or more values in the order of the
 *   graph
 * @throws WeightspringError `shape-mismatch` when a length does not fit the network
 */
export function groupValues(
  arch: Architecture,
  weights: ArrayLike<number>,
  x: Float32Array | Float64Array,
): readonly (readonly Float64Array[])[] {
  const { graph, groups, slotsOf } = networkOf(arch);
  const values = valuesOf(arch, weights, x);
  const read = new Map(groups.map(({ name }) => [name, new Set<string>()]));
  for (const { id, inputs } of graph.nodes) {
    for (const { from } of slotsOf.get(id) ?? []) read.get(from ?? '')?.add(inputs[0] ?? INPUT);
  }
  return [...read.values()].map((ids) => [...ids].map((id) => at(values, id).data));
}

const ops = new Float64Ops();

function valuesOf(
  arch: Architecture,
  weights: ArrayLike<number>,
  x: Float32Array | Float64Array,
): ReadonlyMap<string, ReferenceTensor> {
  ensureWeights(arch, weights);
  const { graph, inputs, slots } = networkOf(arch);
  ensure(
    x.length % inputs === 0,
    'shape-mismatch',
    () => `expected rows of ${inputs} features, got ${x.length} numbers`,
  );
  const flat = Float64Array.from(weights);
  const tensors = slots.map(({ name, offset, size, shape }): [string, ReferenceTensor] => [
    name,
    { shape, data: flat.subarray(offset, offset + size) },
  ]);
  const shape = [x.length / inputs, ...(graph.input as readonly number[])];
  const rows = x instanceof Float32Array ? new Float32Tensor(x, shape) : { shape, data: x };
  return networkValues(ops, arch, new Map(tensors), rows);
}

function logitsOf(arch: Architecture): string {
  return logitsNode(networkOf(arch).graph).id;
}

function at<T>(values: ReadonlyMap<string, T>, name: string): T {
  const value = values.get(name);
  ensure(value !== undefined, 'internal', () => `a network has no '${name}'`);
  return value;
}
