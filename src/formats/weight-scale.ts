import { balancedForm } from '../alignment/balanced-form.js';
import type { Architecture } from '../network/architecture.js';

/**
 * How the weights of a file share the scale of their network between its layers, which changes no
 * answer of it: as they were `sampled`, or `balanced`, as gradient descent from a usual start leaves
 * them, for whoever goes on training.
 */
export const WEIGHT_SCALES = ['sampled', 'balanced'] as const;
export type WeightScale = (typeof WEIGHT_SCALES)[number];

/**
 * @param weights - flat, for standardised features
 * @throws WeightspringError as `balancedForm`
 */
export function weightsAtScale(
  arch: Architecture,
  weights: Float32Array,
  scale: WeightScale = 'sampled',
): Float32Array {
  return scale === 'balanced' ? balancedForm(weights, arch) : weights;
}
