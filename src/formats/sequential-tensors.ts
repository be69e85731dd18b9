import {
  architectureKey,
  parameterCount,
  tensorLayout,
  type Architecture,
  type TensorSlot,
} from '../network/architecture.js';
import { ensure } from '../errors.js';
import type { NamedTensor } from '../files/safetensors.js';

/**
 * The tensors of a network as `torch.nn.Sequential(Linear, σ, Linear, …)` names and lays them out:
 * `0.weight [out, in]`, `0.bias [out]`, `2.weight`, … The one place that transposes our `[in, out]`.
 *
 * @param weights - flat, as `tensorLayout` describes
 * @throws WeightspringError `shape-mismatch` when the weights do not fit the architecture
 */
export function sequentialTensors(arch: Architecture, weights: Float32Array): NamedTensor[] {
  ensure(
    weights.length === parameterCount(arch),
    'shape-mismatch',
    () =>
      `expected ${parameterCount(arch)} weights for ${architectureKey(arch)}, got ${weights.length}`,
  );
  return tensorLayout(arch).map(({ kind, layer, shape, offset, size }) => {
    const name = tensorName(kind, layer);
    const values = weights.subarray(offset, offset + size);
    if (kind === 'bias') return { name, shape, data: values.slice() };
    const [rows = 0, columns = 0] = shape;
    return { name, shape: [columns, rows], data: transposed(values, rows, columns) };
  });
}

/**
 * The inverse of {@link sequentialTensors}.
 *
 * @param tensor - gives the tensor of a name, of exactly the size asked for, or throws
 */
export function flatWeights(
  arch: Architecture,
  tensor: (name: string, size: number) => Float32Array,
): Float32Array {
  const parts = tensorLayout(arch).map(({ kind, layer, shape, size }) => {
    const values = tensor(tensorName(kind, layer), size);
    const [rows = 0, columns = 0] = shape;
    return kind === 'bias' ? values : transposed(values, columns, rows);
  });
  const weights = new Float32Array(parameterCount(arch));
  let offset = 0;
  for (const part of parts) {
    weights.set(part, offset);
    offset += part.length;
  }
  return weights;
}

/** Layers stand at even places of a `Sequential`, activations at odd ones. */
function tensorName(kind: TensorSlot['kind'], layer: number): string {
  return `${2 * (layer - 1)}.${kind}`;
}

/** `[rows, columns]` → `[columns, rows]`. */
function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      result[c * rows + r] = values[r * columns + c] as number;
    }
  }
  return result;
}
