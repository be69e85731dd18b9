import { pointGeometry } from '../flow/geometry.js';
import type { HostPoint, WeightSpace } from '../flow/weight-space.js';
import type { Manifold } from '../geometry/manifold.js';

/**
 * Log density of the prior at one point of a batch, in nats: standard normal in flat coordinates,
 * one over the area on spheres.
 *
 * @param row - of the batch
 * @see notation §9
 */
export function priorLogDensity(
  { geometry, layout }: Pick<WeightSpace, 'geometry' | 'layout'>,
  point: HostPoint,
  row: number,
): number {
  const { path } = pointGeometry(geometry, layout.tensors);
  return point.reduce((sum, { shape, data }, index) => {
    const factor = path.factors[index] as Manifold;
    const each = shape.slice(1);
    const size = data.length / (shape[0] ?? 1);
    if (factor.isFlat) return sum + normalLogDensity(data.subarray(row * size, (row + 1) * size));
    const spheres = size - factor.dimension(each);
    return sum - spheres * logSphereArea(size / spheres);
  }, 0);
}

/** Of the standard normal distribution. */
function normalLogDensity(x: Float32Array): number {
  let squares = 0;
  for (const value of x) squares += value ** 2;
  return -0.5 * (squares + x.length * Math.log(2 * Math.PI));
}

/**
 * `log (2 π^{n/2} r^{n−1} / Γ(n/2))`: the area of the sphere of radius r = √n in ℝⁿ. For n = 1 it
 * counts the two points.
 */
export function logSphereArea(n: number): number {
  return Math.LN2 + (n / 2) * Math.log(Math.PI) - logGammaOfHalf(n) + ((n - 1) / 2) * Math.log(n);
}

/** `log Γ(n/2)` for n ≥ 1: `Γ(x + 1) = x Γ(x)` from `Γ(½) = √π` or `Γ(1) = 1`. */
function logGammaOfHalf(n: number): number {
  let sum = n % 2 === 1 ? Math.log(Math.PI) / 2 : 0;
  for (let twice = n - 2; twice > 0; twice -= 2) sum += Math.log(twice / 2);
  return sum;
}
