import { ensure } from '../errors.js';
import { Float32Tensor } from '../ops/float64/float32-tensor.js';
import { Float64Ops } from '../ops/float64-ops.js';
import type { Shape } from '../onnx/dim.js';
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
 * @param tensors - by the names of the network's slots: in their shapes, or stacked
 * ({@link stackedShape})
 * @param x - rows of features [N, inputs], or [M, N, inputs] for a stack; images are rows too,
 *   channel by channel
 * @param factors - by node id, what its value is multiplied by, in its shape: the masks of dropout
 * @returns by node id, with `input` for `x`, rows in the shape of the value
 */
export function networkValues<T>(
  ops: TensorOps<T>,
  arch: Architecture,
  tensors: ReadonlyMap<string, T>,
  x: T,
  factors: ReadonlyMap<string, T> = new Map(),
): ReadonlyMap<string, T> {
  const { graph, slotsOf } = networkOf(arch);
  const values = new Map<string, T>([[INPUT, inRows(ops, x, graph.input)]]);
  for (const { id, inputs, layer } of graph.nodes) {
    const parameters = (slotsOf.get(id) ?? []).map(({ name }) => at(tensors, name));
    const read = inputs.map((input) => at(values, input));
    const value = layerOf(layer).forward(ops, layer, parameters, read);
    const factor = factors.get(id);
    values.set(id, factor === undefined ? value : ops.mul(value, factor));
  }
  return values;
}

/** Rows of features in the shape of the network's input. */
function inRows<T>(ops: TensorOps<T>, x: T, input: Shape): T {
  return input.length === 1 ? x : ops.reshape(x, [...ops.shape(x).slice(0, -1), ...input]);
}

/**
 * Shape of a tensor of M networks at once: `[M, d_{l−1}, d_l]` for a weight, and `[M, 1, d_l]` for
 * one number per neuron, which broadcasts over rows `[M, N, d_l]`.
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
  factors?: ReadonlyMap<string, T>,
): T {
  return at(networkValues(ops, arch, tensors, x, factors), logitsOf(arch));
}

/**
 * Logits of a network in float64.
 *
 * @param weights - flat
 * @param x - `[n, inputs]`, row-major
 * @param factors - by node id, what its value is multiplied by
 * @returns logits `[n, C]`, row-major
 * @throws WeightspringError `shape-mismatch` when a length does not fit the network
 */
export function forward(
  arch: Architecture,
  weights: ArrayLike<number>,
  x: Float32Array | Float64Array,
  factors?: ReadonlyMap<string, ReferenceTensor>,
): Float64Array {
  return at(valuesOf(arch, weights, x, factors), logitsOf(arch)).data;
}

/**
 * The outputs of each group of neurons that layers read, `[n, size]` each, row-major; the values of
 * a channel at several positions are rows of their own.
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
  const rows = x.length / networkOf(arch).inputs;
  const values = valuesOf(arch, weights, x);
  const read = new Map(groups.map(({ name }) => [name, new Set<string>()]));
  for (const { id, inputs } of graph.nodes) {
    for (const { from } of slotsOf.get(id) ?? []) read.get(from ?? '')?.add(inputs[0] ?? INPUT);
  }
  return groups.map(({ name, size }) =>
    [...(read.get(name) ?? [])].map((id) => byPosition(at(values, id).data, rows, size)),
  );
}

/** `[n, size, positions]` → `[n · positions, size]`. */
function byPosition(values: Float64Array, rows: number, size: number): Float64Array {
  const positions = values.length / (rows * size);
  if (positions === 1) return values;
  const result = new Float64Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < size; j++) {
      for (let p = 0; p < positions; p++) {
        result[(row * positions + p) * size + j] = values[
          (row * size + j) * positions + p
        ] as number;
      }
    }
  }
  return result;
}

const ops = new Float64Ops();

function valuesOf(
  arch: Architecture,
  weights: ArrayLike<number>,
  x: Float32Array | Float64Array,
  factors?: ReadonlyMap<string, ReferenceTensor>,
): ReadonlyMap<string, ReferenceTensor> {
  ensureWeights(arch, weights);
  const { inputs, slots } = networkOf(arch);
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
  const shape = [x.length / inputs, inputs];
  const rows = x instanceof Float32Array ? new Float32Tensor(x, shape) : { shape, data: x };
  return networkValues(ops, arch, new Map(tensors), rows, factors);
}

function logitsOf(arch: Architecture): string {
  return logitsNode(networkOf(arch).graph).id;
}

function at<T>(values: ReadonlyMap<string, T>, name: string): T {
  const value = values.get(name);
  ensure(value !== undefined, 'internal', () => `a network has no '${name}'`);
  return value;
}
