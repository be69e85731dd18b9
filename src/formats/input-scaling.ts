import { widthAt, type Architecture } from '../network/architecture.js';
import { ensure } from '../errors.js';
import type { Standardisation } from '../data/standardisation.js';
import { fileFormat, WEIGHT_FORMATS } from './network-format.js';
import type { NetworkRequest } from './provenance.js';

/**
 * @throws WeightspringError `invalid-argument` for a classifier without its standardisation: from
 *   the outside nobody could tell it from one that takes raw features
 */
export function checkInputScaling({
  format,
  inputScaling,
}: Pick<NetworkRequest, 'format' | 'inputScaling'>): void {
  ensure(
    fileFormat(format).holds === 'weights' || inputScaling === 'folded',
    'invalid-argument',
    () =>
      `a file of the format ${format} takes raw features, which its graph standardises: for weights ` +
      `that take standardised features ask for ${WEIGHT_FORMATS.join(' or ')}`,
    'inputScaling',
  );
}

/**
 * Weights that compute from raw features what `weights` compute from standardised ones:
 * `W'_ij = W_ij / scale_i` and `b'_j = b_j − Σ_i W'_ij mean_i` in the first layer.
 *
 * The bias follows from the rounded W', so that its rounding counts by a feature's distance from
 * the mean, not from 0.
 *
 * @param weights - flat
 * @throws WeightspringError `invalid-argument` where float32 cannot hold the result
 */
export function foldInputScaling(
  arch: Architecture,
  weights: Float32Array,
  { mean, scale }: Standardisation,
): Float32Array {
  const folded = mapFirstLayer(arch, weights, (weight, i) => {
    const raw = Math.fround(weight / (scale[i] as number));
    return { weight: raw, bias: -raw * (mean[i] as number) };
  });
  ensure(
    folded.every((value, i) => Number.isFinite(value) || !Number.isFinite(weights[i])),
    'invalid-argument',
    () =>
      'a feature of the flow has a scale at which float32 cannot hold weights for raw features: ' +
      'ask for them with inputScaling separate',
    'inputScaling',
  );
  return folded;
}

/**
 * The inverse of {@link foldInputScaling}, up to rounding to float32: `W_ij = W'_ij scale_i` and
 * `b_j = b'_j + Σ_i W'_ij mean_i`.
 */
export function unfoldInputScaling(
  arch: Architecture,
  weights: Float32Array,
  { mean, scale }: Standardisation,
): Float32Array {
  return mapFirstLayer(arch, weights, (raw, i) => ({
    weight: raw * (scale[i] as number),
    bias: raw * (mean[i] as number),
  }));
}

/**
 * Replaces the weights of the first layer and adds to its biases, in float64 with one rounding at
 * the end.
 *
 * @param map - gives the new weight of input i, and what it adds to the bias of its neuron
 */
function mapFirstLayer(
  arch: Architecture,
  weights: Float32Array,
  map: (weight: number, i: number) => { readonly weight: number; readonly bias: number },
): Float32Array {
  const inputs = widthAt(arch, 0);
  const width = widthAt(arch, 1);
  const biasAt = inputs * width;
  const mapped = Float32Array.from(weights);
  const biases = Float64Array.from(weights.subarray(biasAt, biasAt + width));
  for (let i = 0; i < inputs; i++) {
    for (let j = 0; j < width; j++) {
      const { weight, bias } = map(weights[i * width + j] as number, i);
      mapped[i * width + j] = weight;
      biases[j] = (biases[j] as number) + bias;
    }
  }
  mapped.set(biases, biasAt);
  return mapped;
}
