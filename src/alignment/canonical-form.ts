import { depth, widthAt, type Activation, type Architecture } from '../network/architecture.js';
import { ensure } from '../errors.js';
import { LayeredWeights } from './layered-weights.js';

/**
 * What may be done to one hidden neuron, besides exchanging it with another, without changing the
 * function: relu is positively homogeneous (scale), tanh is odd (sign), the others allow nothing.
 */
export const NEURON_SYMMETRY = {
  relu: 'scale',
  tanh: 'sign',
  gelu: 'none',
  silu: 'none',
} as const satisfies Record<Activation, 'scale' | 'sign' | 'none'>;

/** A ReLU network as a point of a product of spheres, biases and one log scale. */
export interface CanonicalNetwork {
  /**
   * Flat: every hidden neuron's incoming vector `W_l[:, j]` has norm 1, the last weight matrix has
   * Frobenius norm √C.
   */
  readonly weights: Float32Array;
  /** log s, where the network's own last layer is s·(W_L, b_L) of `weights`. */
  readonly logScale: number;
}

/**
 * The canonical form of a ReLU network: one point for all networks that differ by rescaled neurons.
 *
 * Layer by layer from the input, per hidden neuron j with `n = ‖W_l[:, j]‖`: incoming weights and
 * bias divided by n, outgoing row `W_{l+1}[j, :]` multiplied by n. A neuron without incoming weights
 * is the constant σ(b): it is folded into the next bias, `b_{l+1} += σ(b) W_{l+1}[j, :]`, and becomes
 * the first unit vector with zero bias and a zero outgoing row. Last, `(W_L, b_L)` is divided by
 * `s = ‖W_L‖_F / √C`, C the number of classes, and log s kept beside it.
 *
 * The function is unchanged up to the factor s on its logits, which {@link fromCanonicalForm} puts
 * back.
 *
 * @param weights - flat
 * @throws WeightspringError `unsupported-architecture` for another activation than relu,
 * `shape-mismatch` for a wrong length, `invalid-argument` for weights that are not finite or a last
 * weight matrix of zeros, which has no direction
 * @see Pittorino et al. 2022, "Deep networks on toroids"
 */
export function canonicalForm(weights: ArrayLike<number>, arch: Architecture): CanonicalNetwork {
  ensureScaleSymmetry(arch);
  const network = new LayeredWeights(weights, arch);
  for (let layer = 1; layer < depth(arch); layer++) {
    for (let j = 0; j < widthAt(arch, layer); j++) {
      const norm = network.incomingNorm(layer, j);
      if (norm === 0) network.foldConstantNeuron(layer, j);
      else network.scaleNeuron(layer, j, 1 / norm, norm);
    }
  }
  const last = depth(arch);
  const classes = widthAt(arch, last);
  let squares = 0;
  for (let j = 0; j < classes; j++) squares += network.incomingNorm(last, j) ** 2;
  ensure(
    squares > 0,
    'invalid-argument',
    () => 'the last weight matrix is zero: this network is constant and has no canonical form',
  );
  const scale = Math.sqrt(squares / classes);
  for (let j = 0; j < classes; j++) network.scaleIncoming(last, j, 1 / scale);
  return { weights: network.toFloat32(), logScale: Math.log(scale) };
}

/** @throws WeightspringError `unsupported-architecture` for another activation than relu */
export function ensureScaleSymmetry({ activation }: Architecture): void {
  ensure(
    NEURON_SYMMETRY[activation] === 'scale',
    'unsupported-architecture',
    () =>
      `expected relu, whose neurons can be rescaled, got ${activation}: such networks have ` +
      'no scale symmetry and are used as they are',
    'architecture.activation',
  );
}

/**
 * The network of a canonical form: its last layer multiplied by `exp(logScale)`.
 *
 * @returns flat weights; those of hidden neurons stay normalised
 * @throws WeightspringError `shape-mismatch` for a wrong length, `invalid-argument` when a number
 * is not finite
 */
export function fromCanonicalForm(
  { weights, logScale }: CanonicalNetwork,
  arch: Architecture,
): Float32Array {
  const scale = Math.exp(logScale);
  ensure(
    Number.isFinite(scale),
    'invalid-argument',
    () => `expected the log of the last layer's scale, got ${String(logScale)}`,
  );
  const network = new LayeredWeights(weights, arch);
  const last = depth(arch);
  for (let j = 0; j < widthAt(arch, last); j++) network.scaleIncoming(last, j, scale);
  return network.toFloat32();
}

/**
 * A tanh network with canonical signs: every hidden neuron has a positive bias or, where that is
 * zero, incoming weights of positive sum.
 *
 * `tanh(−z) = −tanh(z)`, so turning a neuron's incoming weights, bias and outgoing weights round
 * leaves the function unchanged. A neuron whose bias and sum are both zero stays as it is.
 *
 * @param weights - flat
 * @throws WeightspringError `unsupported-architecture` for another activation than tanh,
 * `shape-mismatch` for a wrong length, `invalid-argument` for weights that are not finite
 */
export function canonicalSigns(weights: ArrayLike<number>, arch: Architecture): Float32Array {
  ensure(
    NEURON_SYMMETRY[arch.activation] === 'sign',
    'unsupported-architecture',
    () => `expected tanh, whose neurons can change sign, got ${arch.activation}`,
    'architecture.activation',
  );
  const network = new LayeredWeights(weights, arch);
  for (let layer = 1; layer < depth(arch); layer++) {
    for (let j = 0; j < widthAt(arch, layer); j++) {
      const bias = network.bias(layer, j);
      const sign = bias === 0 ? network.incomingSum(layer, j) : bias;
      if (sign < 0) network.scaleNeuron(layer, j, -1, -1);
    }
  }
  return network.toFloat32();
}
