import { product, type ProductManifold } from '../geometry/product.js';
import { tensorManifold } from '../geometry/tensor-manifolds.js';
import type { PointTensor } from '../network/point-layout.js';

/**
 * The three flows:
 *
 * - `euclidean`: the weights themselves, straight paths
 * - `normalized`: canonical weights; straight paths in the ambient space, predictions projected
 *   onto the spheres
 * - `geometric`: canonical weights; geodesics of the product of spheres
 *
 * @see notation §5
 */
export const FLOW_GEOMETRIES = ['euclidean', 'normalized', 'geometric'] as const;
export type FlowGeometry = (typeof FLOW_GEOMETRIES)[number];

/** The manifolds of the tensors of a point. */
export interface PointGeometry {
  /** Where noise, data and predicted end points lie. */
  readonly data: ProductManifold;
  /** Where paths run and the solver moves. */
  readonly path: ProductManifold;
}

/** Whether the flow works on canonical forms, whose points end with the log of the last scale. */
export function isCanonical(geometry: FlowGeometry): boolean {
  return geometry !== 'euclidean';
}

/**
 * The manifolds of a point. For canonical forms the incoming vector of each hidden neuron lies on a
 * sphere of radius √fanIn, the last weight matrix on one of radius √(d_{L−1} d_L): every coordinate
 * has unit variance under the uniform prior. Biases and the log scale are Euclidean.
 *
 * @param tensors - the tensors of a point, in the order of its layout
 */
export function pointGeometry(
  geometry: FlowGeometry,
  tensors: readonly Pick<PointTensor, 'sphere'>[],
): PointGeometry {
  const flat = product(tensors.map(() => tensorManifold('flat')));
  if (!isCanonical(geometry)) return { data: flat, path: flat };
  const data = product(tensors.map(({ sphere }) => tensorManifold(sphere ?? 'flat')));
  return { data, path: geometry === 'geometric' ? data : flat };
}
