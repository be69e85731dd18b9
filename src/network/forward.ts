import { ensure } from '../errors.js';
import { ACTIVATION_FUNCTIONS } from './activations.js';
import { depth, parameterCount, widthAt, type Architecture } from './architecture.js';

/** Rows of the batch that go through one layer together, so that a panel of W stays in cache. */
const ROW_BLOCK = 32;

/**
 * Logits of a network in float64: the check of every faster forward pass.
 *
 * `h_l = σ(h_{l−1} W_l + b_l)`, no activation after the last layer.
 *
 * @param weights - flat, as {@link tensorLayout} describes
 * @param x - `[n, d_0]`, row-major
 * @returns logits `[n, d_L]`, row-major
 * @throws WeightspringError `shape-mismatch` when a length does not fit the architecture
 */
export function forward(
  arch: Architecture,
  weights: ArrayLike<number>,
  x: Float32Array | Float64Array,
): Float64Array {
  return forwardLayers(arch, weights, x, depth(arch));
}

/**
 * The values after every hidden layer, h_1 … h_{L−1}, each `[n, d_l]` in float64.
 *
 * @param x - `[n, d_0]`, row-major
 * @throws WeightspringError `shape-mismatch` when a length does not fit the architecture
 */
export function hiddenActivations(
  arch: Architecture,
  weights: ArrayLike<number>,
  x: Float32Array | Float64Array,
): readonly Float64Array[] {
  const hidden: Float64Array[] = [];
  forwardLayers(arch, weights, x, depth(arch) - 1, (values) => hidden.push(values));
  return hidden;
}

/** The values after layer `last`; `visit` sees those after each layer, the last one included. */
function forwardLayers(
  arch: Architecture,
  weights: ArrayLike<number>,
  x: Float32Array | Float64Array,
  last: number,
  visit?: (values: Float64Array) => void,
): Float64Array {
  const parameters = parameterCount(arch);
  ensure(
    weights.length === parameters,
    'shape-mismatch',
    () => `expected ${String(parameters)} weights, got ${String(weights.length)}`,
  );
  const inputs = widthAt(arch, 0);
  ensure(
    x.length % inputs === 0,
    'shape-mismatch',
    () => `expected rows of ${String(inputs)} features, got ${String(x.length)} numbers`,
  );
  const rows = x.length / inputs;
  const activation = ACTIVATION_FUNCTIONS[arch.activation];
  let values: Float64Array = Float64Array.from(x);
  let offset = 0;
  for (let layer = 1; layer <= last; layer++) {
    const fanIn = widthAt(arch, layer - 1);
    const fanOut = widthAt(arch, layer);
    const parameters64 = new Float64Array((fanIn + 1) * fanOut);
    for (let i = 0; i < parameters64.length; i++) parameters64[i] = weights[offset + i] as number;
    offset += parameters64.length;
    const next = affine(values, parameters64, rows, fanIn, fanOut);
    if (layer < depth(arch)) {
      for (let i = 0; i < next.length; i++) next[i] = activation(next[i] as number);
    }
    visit?.(next);
    values = next;
  }
  return values;
}

/**
 * `x W + b` with `W [fanIn, fanOut]` and `b [fanOut]` one after the other in `parameters`.
 *
 * Four rows of W are applied per pass over an output row, which quarters the traffic on it.
 */
function affine(
  x: Float64Array,
  parameters: Float64Array,
  rows: number,
  fanIn: number,
  fanOut: number,
): Float64Array {
  const out = new Float64Array(rows * fanOut);
  const bias = parameters.subarray(fanIn * fanOut);
  for (let row = 0; row < rows; row++) out.set(bias, row * fanOut);
  const quadEnd = fanIn - (fanIn % 4);
  for (let start = 0; start < rows; start += ROW_BLOCK) {
    const end = Math.min(rows, start + ROW_BLOCK);
    for (let k = 0; k < quadEnd; k += 4) {
      const w0 = k * fanOut;
      const w1 = w0 + fanOut;
      const w2 = w1 + fanOut;
      const w3 = w2 + fanOut;
      for (let row = start; row < end; row++) {
        const at = row * fanIn + k;
        const x0 = x[at] as number;
        const x1 = x[at + 1] as number;
        const x2 = x[at + 2] as number;
        const x3 = x[at + 3] as number;
        const to = row * fanOut;
        for (let j = 0; j < fanOut; j++) {
          out[to + j] =
            (out[to + j] as number) +
            x0 * (parameters[w0 + j] as number) +
            x1 * (parameters[w1 + j] as number) +
            x2 * (parameters[w2 + j] as number) +
            x3 * (parameters[w3 + j] as number);
        }
      }
    }
    for (let k = quadEnd; k < fanIn; k++) {
      const w0 = k * fanOut;
      for (let row = start; row < end; row++) {
        const x0 = x[row * fanIn + k] as number;
        const to = row * fanOut;
        for (let j = 0; j < fanOut; j++) {
          out[to + j] = (out[to + j] as number) + x0 * (parameters[w0 + j] as number);
        }
      }
    }
  }
  return out;
}
