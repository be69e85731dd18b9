import type { Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import { hasSymmetry } from './canonical-form.js';
import { GroupedWeights } from './grouped-weights.js';

/** Sweeps over all neurons, at most. */
const SWEEPS = 100;
/** Sweeps end once no neuron is rescaled by more than this part. */
const TOLERANCE = 1e-6;

/**
 * The same network with balanced neurons: of all rescalings of its hidden neurons, the one with the
 * least sum of squares of its weights and biases.
 *
 * Sweeps over the neurons: with a the norm of what writes a neuron, biases included, and b the norm
 * of what reads it, what writes it is multiplied by `√(b/a)` and what reads it divided by that, so
 * that both have the norm `√(ab)`. A neuron with nothing on one side stays as it is. Gradients are
 * then of one size on both sides, as in networks that were trained from balanced starts: gradient
 * descent keeps a² − b².
 *
 * @param weights - flat
 * @returns flat; networks whose neurons cannot be rescaled as they are
 * @throws WeightspringError `shape-mismatch` for a wrong length, `invalid-argument` for weights that
 * are not finite
 * @see Du et al. 2018, "Algorithmic regularization in learning deep homogeneous models"
 */
export function balancedForm(weights: ArrayLike<number>, arch: Architecture): Float32Array {
  const network = new GroupedWeights(weights, arch);
  if (!hasSymmetry(arch, 'scale')) return network.toFloat32();
  const { groups } = networkOf(arch);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let change = 0;
    for (const group of groups) {
      for (let j = 0; j < group.size; j++) {
        const incoming = network.incomingNorm(group.writers, j);
        const outgoing = network.outgoingNorm(group.readers, j);
        if (incoming === 0 || outgoing === 0) continue;
        const factor = Math.sqrt(outgoing / incoming);
        network.scaleNeuron(group, j, factor, 1 / factor);
        change = Math.max(change, Math.abs(factor - 1));
      }
    }
    if (change <= TOLERANCE) break;
  }
  return network.toFloat32();
}
