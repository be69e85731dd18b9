import { product } from '../../src/geometry/product.js';
import { sphere } from '../../src/geometry/sphere.js';
import {
  TENSOR_MANIFOLDS,
  tensorManifold,
  type TensorManifold,
} from '../../src/geometry/tensor-manifolds.js';
import type { ManifoldCase } from './conformance.js';

/** Shapes of points, without the batch, that each manifold of a tensor is tested on. */
const SHAPES: Readonly<Record<TensorManifold, readonly (readonly number[])[]>> = {
  flat: [[3], [2, 4]],
  neurons: [
    [2, 1],
    [5, 3],
  ],
  whole: [[4, 3]],
};

/** Every manifold, on vectors, matrices and blocks, spheres in the middle and over several axes. */
export const MANIFOLD_CASES: readonly ManifoldCase[] = [
  ...TENSOR_MANIFOLDS.flatMap((name) =>
    SHAPES[name].map((shape) => ({ manifold: product([tensorManifold(name)]), shapes: [shape] })),
  ),
  { manifold: product([sphere({ axes: [1] })]), shapes: [[2]] },
  { manifold: product([sphere({ axes: [1] })]), shapes: [[7]] },
  { manifold: product([sphere({ axes: [1] })]), shapes: [[5, 3]] },
  { manifold: product([sphere({ axes: [2], radius: 2.5 })]), shapes: [[3, 4, 2]] },
  {
    // The canonical form of 4-3-2: neurons on spheres, the last matrix on one, biases, log scale.
    manifold: product((['neurons', 'flat', 'whole', 'flat', 'flat'] as const).map(tensorManifold)),
    shapes: [[4, 3], [3], [3, 2], [2], [1]],
  },
];
