import { euclidean } from '../../src/geometry/euclidean.js';
import { product } from '../../src/geometry/product.js';
import { sphere } from '../../src/geometry/sphere.js';
import type { ManifoldCase } from './conformance.js';

/** Every manifold, on vectors, matrices and blocks, spheres in the middle and over several axes. */
export const MANIFOLD_CASES: readonly ManifoldCase[] = [
  { manifold: product([euclidean]), shapes: [[3]] },
  { manifold: product([euclidean]), shapes: [[2, 4]] },
  { manifold: product([sphere({ axes: [1] })]), shapes: [[2]] },
  { manifold: product([sphere({ axes: [1] })]), shapes: [[7]] },
  { manifold: product([sphere({ axes: [1] })]), shapes: [[5, 3]] },
  { manifold: product([sphere({ axes: [2], radius: 2.5 })]), shapes: [[3, 4, 2]] },
  { manifold: product([sphere({ axes: [1, 2], radius: 'sqrt-dim' })]), shapes: [[4, 3]] },
  {
    // The canonical form of 4-3-2: neurons on spheres, the last matrix on one, biases, log scale.
    manifold: product([
      sphere({ axes: [1], radius: 'sqrt-dim' }),
      euclidean,
      sphere({ axes: [1, 2], radius: 'sqrt-dim' }),
      euclidean,
      euclidean,
    ]),
    shapes: [[4, 3], [3], [3, 2], [2], [1]],
  },
];
