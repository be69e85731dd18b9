import { ensure } from '../errors.js';
import { Float64Ops } from '../ops/float64-ops.js';
import { tensor, type ReferenceTensor } from '../ops/reference-ops.js';
import type { TensorOps } from '../ops/tensor-ops.js';
import type { Architecture } from './architecture.js';
import { INPUT } from './graph.js';
import { layerOf } from './layers/registry.js';
import { ensureWeights, networkOf } from './network.js';

/**
 * The value of every node for a batch of rows.
 *
 * @param tensors - by the names of the network's slots: of their shapes, or stacks of M networks,
 *   `[M, d_{l−1}, d_l]` for a weight and `[M, 1, d_l]` for a bias
 * @param x - [N, …], or [M, N, …] for a stack
 * @returns by id; the input is `input`
 */
export function networkValues<T>(
  ops: TensorOps<T>,
  arch: Architecture,
  tensors: ReadonlyMap<string, T>,
  x: T,
): ReadonlyMap<string, T> {
  const { graph, slots } = networkOf(arch);
  const values = new Map<string, T>([[INPUT, x]]);
  for (const { id, inputs, layer } of graph.nodes) {
    const own = slots.filter(({ node }) => node === id).map(({ name }) => at(tensors, name));
    const read = inputs.map((input) => at(values, input));
    values.set(id, layerOf(layer).forward(ops, layer, own, read));
  }
  return values;
}

/** Logits of a network, as {@link networkValues} computes them: [N, C], or [M, N, C] for a stack. */
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

/** Values of one group's neurons. */
export interface GroupValues {
  /** Of what is read of them by other layers, `[n, size]` each, row-major. */
  readonly values: readonly Float64Array[];
}

/**
 * What the neurons of every group say: the values that layers with tensors read of them.
 *
 * @param x - `[n, inputs]`, row-major
 * @returns in the order of the network's groups
 * @throws WeightspringError `shape-mismatch` when a length does not fit the network
 */
export function groupValues(
  arch: Architecture,
  weights: ArrayLike<number>,
  x: Float32Array | Float64Array,
): readonly GroupValues[] {
  const { graph, groups } = networkOf(arch);
  const values = valuesOf(arch, weights, x);
  return groups.map(({ readers }) => {
    const nodes = new Set(readers.map(({ node }) => node));
    const read = graph.nodes.filter(({ id }) => nodes.has(id)).flatMap(({ inputs }) => inputs);
    return { values: [...new Set(read)].map((id) => at(values, id).data) };
  });
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
    tensor(flat.subarray(offset, offset + size), shape),
  ]);
  const rows = tensor(x, [x.length / inputs, ...(graph.input as readonly number[])]);
  return networkValues(ops, arch, new Map(tensors), rows);
}

function logitsOf(arch: Architecture): string {
  return networkOf(arch).graph.nodes.at(-1)?.id ?? INPUT;
}

function at<T>(values: ReadonlyMap<string, T>, name: string): T {
  const value = values.get(name);
  ensure(value !== undefined, 'internal', () => `a network has no '${name}'`);
  return value;
}
