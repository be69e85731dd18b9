import { euclidean } from './euclidean.js';
import type { Manifold } from './manifold.js';
import { sphere } from './sphere.js';

/**
 * The manifolds that a tensor `[batch, …]` of a point may lie on, by the `sphere` of the network's
 * tensor. To add one, write its file and a line here.
 */
const BY_NAME = {
  flat: euclidean,
  /**
   * Over `[batch, n, m]` or `[batch, n, features, m]`: a sphere per neuron, its incoming vector of n
   * or n · features numbers.
   */
  neurons: sphere({ axes: 'inner', radius: 'sqrt-dim' }),
  /** Over the same: one sphere for the whole tensor. */
  whole: sphere({ axes: 'all', radius: 'sqrt-dim' }),
} satisfies Record<string, Manifold>;

export type TensorManifold = keyof typeof BY_NAME;

/**
 * Names of the manifolds.
 *
 * @internal tests run the manifold suite on each
 */
export const TENSOR_MANIFOLDS = Object.keys(BY_NAME) as readonly TensorManifold[];

/** The manifold with this name. */
export function tensorManifold(name: TensorManifold): Manifold {
  return BY_NAME[name];
}
