import { InputMetric } from '../src/flow/input-metric.js';
import { Random } from '../src/random.js';

/** An input metric of random directions. They are not orthonormal, which costs nothing. */
export function randomMetric(features: number, rank: number): InputMetric {
  const random = new Random(1, 'metric');
  return new InputMetric({
    mean: random.normals(features),
    basis: random.normals(features * rank),
    variances: new Float32Array(rank).fill(1),
  });
}
