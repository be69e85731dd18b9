import { ensure, WeightspringError } from '../errors.js';
import type { Architecture } from '../network/architecture.js';
import type { NeuronSymmetry } from '../network/layers/layer.js';
import { networkOf } from '../network/network.js';
import { OUTPUT } from '../network/neurons.js';
import type { TensorSlot } from '../network/slots.js';
import { isWriter } from '../network/symmetry.js';
import { GroupedWeights } from './grouped-weights.js';

/** A network with scale symmetry as a point of a product of spheres, flat space and one log scale. */
export interface CanonicalNetwork {
  /**
   * Flat. The stem of every hidden neuron (`W_l[:, j]` in a perceptron) has norm 1; the weights
   * that lead to the logits have Frobenius norm √C.
   */
  readonly weights: Float32Array;
  /** log s: the network's own last layer is s·(W_L, b_L) of `weights`. */
  readonly logScale: number;
}

/**
 * The canonical form of a network whose hidden neurons can all be rescaled: one point for all
 * networks that differ only by such rescaling.
 *
 * Goes through the groups in their order. For neuron j with n the joint norm of the weights of its
 * stem (for a perceptron `‖W_l[:, j]‖`), what writes the neuron is divided by n and what reads it
 * multiplied by n. Weights that write a neuron from inside its residual block are rescaled with it
 * but do not count towards n. A neuron without incoming weights is a constant c: it is folded into
 * the next bias, `b_{l+1} += c W_{l+1}[j, :]`, and its incoming weights become the first unit
 * vector, its bias and outgoing weights zero. Finally, what writes the logits is divided by
 * `s = ‖W_L‖_F / √C`, C the number of classes, and log s is kept beside it.
 *
 * {@link fromCanonicalForm} multiplies by s again: together they preserve the function.
 *
 * @param weights - flat
 * @throws WeightspringError `unsupported-architecture` for a network without scale symmetry,
 * `shape-mismatch` for a wrong length, `invalid-argument` for weights that are not finite, for last
 * weights that are all zero, which have no direction, and for a neuron of a residual block that is
 * written only from inside the block
 * @see Pittorino et al. 2022, "Deep networks on toroids"
 */
export function canonicalForm(weights: ArrayLike<number>, arch: Architecture): CanonicalNetwork {
  ensureScaleSymmetry(arch);
  const network = new GroupedWeights(weights, arch);
  for (const group of networkOf(arch).groups) {
    for (let j = 0; j < group.size; j++) {
      const norm = network.incomingNorm(group.stem, j);
      if (norm === 0) network.foldConstantNeuron(group, j);
      else network.scaleNeuron(group, j, 1 / norm, norm);
    }
  }
  const { outputs: classes } = networkOf(arch);
  const writers = logitWriters(arch);
  const matrices = writers.filter(({ role }) => role === 'weight');
  let squares = 0;
  for (let j = 0; j < classes; j++) squares += network.incomingNorm(matrices, j) ** 2;
  ensure(
    squares > 0,
    'invalid-argument',
    () => 'the last weight matrix is zero: this network is constant and has no canonical form',
  );
  const scale = Math.sqrt(squares / classes);
  for (let j = 0; j < classes; j++) network.scaleIncoming(writers, j, 1 / scale);
  return { weights: network.toFloat32(), logScale: Math.log(scale) };
}

/** Whether all hidden neurons of an architecture have the given symmetry. */
export function hasSymmetry(arch: Architecture, symmetry: NeuronSymmetry): boolean {
  return networkOf(arch).groups.every((group) => group.symmetry === symmetry);
}

/** @throws WeightspringError `unsupported-architecture` where neurons cannot be rescaled */
export function ensureScaleSymmetry(arch: Architecture): void {
  ensure(
    hasSymmetry(arch, 'scale'),
    'unsupported-architecture',
    () =>
      'expected neurons that can be rescaled, which relu allows, got ' +
      `${networkOf(arch).key}: such networks have no scale symmetry and are used as they are`,
    'architecture.activation',
  );
}

/**
 * The network of a canonical form: what writes the logits is multiplied by `exp(logScale)`.
 *
 * @returns flat weights; the stems of hidden neurons stay normalised
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
  const network = new GroupedWeights(weights, arch);
  const writers = logitWriters(arch);
  for (let j = 0; j < networkOf(arch).outputs; j++) network.scaleIncoming(writers, j, scale);
  return network.toFloat32();
}

/** Weights and biases that lead to the logits. */
function logitWriters(arch: Architecture): readonly TensorSlot[] {
  const { key, slots } = networkOf(arch);
  const writers = slots.filter((slot) => slot.to === OUTPUT && isWriter(slot));
  if (writers.length > 0) return writers;
  throw new WeightspringError(
    'unsupported-architecture',
    `expected logits that can be rescaled, got ${key}, whose logits are sums with its input`,
  );
}

/**
 * A network of odd activations with canonical signs: every hidden neuron has a positive bias (sum
 * of biases, if several layers write it) or, if that is zero, a stem with positive sum.
 *
 * `tanh(−z) = −tanh(z)`, so changing the sign of a neuron's incoming weights, biases and outgoing
 * weights keeps the function. A neuron whose bias and sum are both zero stays as it is.
 *
 * @param weights - flat
 * @throws WeightspringError `unsupported-architecture` for neurons that cannot change sign,
 * `shape-mismatch` for a wrong length, `invalid-argument` for weights that are not finite
 */
export function canonicalSigns(weights: ArrayLike<number>, arch: Architecture): Float32Array {
  const { groups, key } = networkOf(arch);
  ensure(
    hasSymmetry(arch, 'sign'),
    'unsupported-architecture',
    () => `expected neurons that can change sign, which tanh allows, got ${key}`,
    'architecture.activation',
  );
  const network = new GroupedWeights(weights, arch);
  for (const group of groups) {
    const biases = group.writers.filter(({ role }) => role === 'bias');
    for (let j = 0; j < group.size; j++) {
      const bias = network.sumIncoming(biases, j);
      const sign = bias === 0 ? network.sumIncoming(group.stem, j) : bias;
      if (sign < 0) network.scaleNeuron(group, j, -1, -1);
    }
  }
  return network.toFloat32();
}
