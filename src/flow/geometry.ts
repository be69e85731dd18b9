import { euclidean } from '../geometry/euclidean.js';
import type { Manifold } from '../geometry/manifold.js';
import { product, type ProductManifold } from '../geometry/product.js';
import { sphere } from '../geometry/sphere.js';

/**
 * The three flows:
 *
 * - `euclidean`: the weights themselves, straight paths
 * - `normalized`: canonical weights; straight paths in the ambient space, predictions projected on
 *   to the spheres
 * - `geometric`: canonical weights; geodesics of the product of spheres
 *
 * @see notation §5
 */
export const FLOW_GEOMETRIES = ['euclidean', 'normalized', 'geometric'] as const;
export type FlowGeometry = (typeof FLOW_GEOMETRIES)[number];

/** The manifolds of a point's tensors. */
export interface PointGeometry {
  /** Where noise, data and predicted end points lie. */
  readonly data: ProductManifold;
  /** Where the paths run and the solver moves. */
  readonly path: ProductManifold;
}

/** Whether the flow works on canonical forms, whose points end with the log of the last scale. */
export function isCanonical(geometry: FlowGeometry): boolean {
  return geometry !== 'euclidean';
}

/**
 * The manifolds of a point `w1, b1, …, wL, bL[, s]`. For canonical forms the incoming vector of
 * each hidden neuron lies on a sphere of radius √d_{l−1}, the last weight matrix on one of radius
 * √(d_{L−1} d_L): every coordinate has unit variance under the uniform prior. Biases and s are
 * Euclidean.
 *
 * @param tensors - of a point
 */
export function pointGeometry(geometry: FlowGeometry, tensors: number): PointGeometry {
  const flat = product(Array.from({ length: tensors }, () => euclidean));
  if (!isCanonical(geometry)) return { data: flat, path: flat };
  const data = product(Array.from({ length: tensors }, (_, index) => factorOf(index, tensors)));
  return { data, path: geometry === 'geometric' ? data : flat };
}

function factorOf(index: number, tensors: number): Manifold {
  const isWeight = index % 2 === 0 && index < tensors - 1;
  if (!isWeight) return euclidean;
  return index === tensors - 3 ? MATRIX_SPHERE : NEURON_SPHERES;
}

/** One sphere per column of `[batch, d_in, d_out]`. */
const NEURON_SPHERES = sphere({ axes: [1], radius: 'sqrt-dim' });
/** One sphere for a whole matrix. */
const MATRIX_SPHERE = sphere({ axes: [1, 2], radius: 'sqrt-dim' });
