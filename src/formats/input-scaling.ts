import { ensure } from '../errors.js';
import type { Architecture } from '../network/architecture.js';
import { INPUT } from '../network/graph.js';
import { networkOf } from '../network/network.js';
import type { TensorSlot } from '../network/slots.js';
import type { Standardisation } from '../data/standardisation.js';
import { fileFormat, WEIGHT_FORMATS } from './network-format.js';
import type { NetworkRequest } from './provenance.js';

/**
 * @throws WeightspringError `invalid-argument` for a classifier that does not standardise: it could
 *   not be told from one that takes raw features
 */
export function checkInputScaling({
  format,
  inputScaling,
}: Pick<NetworkRequest, 'format' | 'inputScaling'>): void {
  ensure(
    fileFormat(format).holds === 'weights' || inputScaling === 'folded',
    'invalid-argument',
    () =>
      `files of the format ${format} take raw features, which their graph standardises: for weights ` +
      `that take standardised features ask for ${WEIGHT_FORMATS.join(' or ')}`,
    'inputScaling',
  );
}

/**
 * Weights that compute the same function as `weights`, from raw instead of standardised features:
 * `W'_ij = W_ij / scale_i` and `b'_j = b_j − Σ_i W'_ij mean_i` in every layer that reads them.
 *
 * The bias is computed from the rounded W': the effect of rounding is then proportional to a
 * feature's distance from its mean instead of from 0.
 *
 * @param weights - flat
 * @throws WeightspringError `invalid-argument` if the result does not fit into float32, or the layers
 *   that read the features cannot absorb it: one without weights, a padded convolution, kernels over
 *   features of different scaling
 */
export function foldInputScaling(
  arch: Architecture,
  weights: Float32Array,
  { mean, scale }: Standardisation,
): Float32Array {
  ensureFoldable(arch, { mean, scale });
  const folded = mapFirstLayers(arch, weights, (weight, i) => {
    const raw = Math.fround(weight / (scale[i] as number));
    return { weight: raw, bias: -raw * (mean[i] as number) };
  });
  ensure(
    folded.every((value, i) => Number.isFinite(value) || !Number.isFinite(weights[i])),
    'invalid-argument',
    () =>
      'weights for raw features do not fit into float32, because of the scale of a feature: ' +
      'ask for inputScaling separate',
    'inputScaling',
  );
  return folded;
}

/**
 * The inverse of {@link foldInputScaling}, up to rounding to float32: `W_ij = W'_ij scale_i` and
 * `b_j = b'_j + Σ_i W'_ij mean_i`.
 *
 * @throws WeightspringError `invalid-argument` if the layers that read the features cannot absorb it
 */
export function unfoldInputScaling(
  arch: Architecture,
  weights: Float32Array,
  { mean, scale }: Standardisation,
): Float32Array {
  ensureFoldable(arch, { mean, scale });
  return mapFirstLayers(arch, weights, (raw, i) => ({
    weight: raw * (scale[i] as number),
    bias: raw * (mean[i] as number),
  }));
}

/**
 * Replaces the weights of the layers that read features and adds to their biases, in float64 and
 * rounded once at the end.
 *
 * @param map - gives the new weight of a feature, and what it adds to the bias of its neuron
 */
function mapFirstLayers(
  arch: Architecture,
  weights: Float32Array,
  map: (weight: number, i: number) => { readonly weight: number; readonly bias: number },
): Float32Array {
  const mapped = Float32Array.from(weights);
  for (const { weight: matrix, bias: vector } of firstLayers(arch)) {
    const { offset, fanIn, fanOut } = matrix;
    const featureOf = featuresOfInputs(arch, matrix);
    const biases = Float64Array.from(weights.subarray(vector.offset, vector.offset + vector.size));
    for (let i = 0; i < fanIn; i++) {
      for (let j = 0; j < fanOut; j++) {
        const place = offset + i * fanOut + j;
        const { weight, bias } = map(weights[place] as number, featureOf(i));
        mapped[place] = weight;
        biases[j] = (biases[j] as number) + bias;
      }
    }
    mapped.set(biases, vector.offset);
  }
  return mapped;
}

/**
 * The feature that input i of a neuron reads, for a kernel that reads many the first of its channel.
 */
function featuresOfInputs(
  arch: Architecture,
  { reach, features }: TensorSlot,
): (i: number) => number {
  if (reach === 'one') return (i) => i;
  const perChannel = valuesPerChannel(arch);
  return (i) => Math.floor(i / features) * perChannel;
}

/**
 * @throws WeightspringError `invalid-argument` where a kernel reads features of different scaling, or
 * zeros around them that stand for their mean
 */
function ensureFoldable(arch: Architecture, { mean, scale }: Standardisation): void {
  const perChannel = valuesPerChannel(arch);
  for (const { weight } of firstLayers(arch)) {
    if (weight.reach === 'one') continue;
    ensure(
      [mean, scale].every((values) =>
        values.every((value, i) => value === values[i - (i % perChannel)]),
      ),
      'invalid-argument',
      () =>
        `node '${weight.node}' reads features of a channel that are standardised differently: ` +
        'ask for inputScaling separate',
      'inputScaling',
    );
    ensure(
      weight.reach === 'all' || mean.every((value) => value === 0),
      'invalid-argument',
      () =>
        `node '${weight.node}' reads zeros around the features, which stand for their mean: ask for ` +
        'inputScaling separate',
      'inputScaling',
    );
  }
}

function valuesPerChannel(arch: Architecture): number {
  const { graph, inputs } = networkOf(arch);
  return inputs / (graph.input[0] as number);
}

/**
 * Weights and biases of the layers that read features.
 *
 * @throws WeightspringError `invalid-argument` if a node without weights reads them, such as a sum
 */
function firstLayers(
  arch: Architecture,
): readonly { readonly weight: TensorSlot; readonly bias: TensorSlot }[] {
  const { graph, slots, key } = networkOf(arch);
  const readers = graph.nodes.filter(({ inputs }) => inputs.includes(INPUT));
  return readers.map(({ id }) => {
    const weight = slots.find(({ node, role }) => node === id && role === 'weight');
    const bias = slots.find(({ node, role }) => node === id && role === 'bias');
    ensure(
      weight !== undefined && bias !== undefined,
      'invalid-argument',
      () =>
        `node '${id}' of ${key} reads features and has no weights to fold the standardisation into: ` +
        'ask for inputScaling separate',
      'inputScaling',
    );
    return { weight, bias };
  });
}
