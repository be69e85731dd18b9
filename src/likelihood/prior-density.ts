import { pointGeometry } from '../flow/geometry.js';
import type { HostPoint, WeightSpace } from '../flow/weight-space.js';
import type { Manifold } from '../geometry/manifold.js';

/**
 * Log density of the prior at one point of a batch, in nats: normal in flat coordinates; on spheres
 * uniform or, for a matched prior, angular central Gaussian.
 *
 * @param row - index in the batch
 * @see notation §9, §11
 */
export function priorLogDensity(
  { geometry, layout, deviations }: Pick<WeightSpace, 'geometry' | 'layout' | 'deviations'>,
  point: HostPoint,
  row: number,
): number {
  const { path } = pointGeometry(geometry, layout.tensors);
  let offset = 0;
  return point.reduce((sum, { shape, data }, index) => {
    const factor = path.factors[index] as Manifold;
    const each = shape.slice(1);
    const size = data.length / (shape[0] ?? 1);
    const own = data.subarray(row * size, (row + 1) * size);
    const sigma = deviations?.subarray(offset, offset + size) ?? null;
    offset += size;
    if (factor.isFlat) return sum + normalLogDensity(own, sigma);
    const spheres = size - factor.dimension(each);
    const area = -spheres * logSphereArea(size / spheres);
    return sum + area + (sigma === null ? 0 : logDensityRatio(own, sigma, spheres));
  }, 0);
}

/** Log density of the normal distribution around 0 with deviations σ, default 1. */
function normalLogDensity(x: Float32Array, sigma: Float32Array | null): number {
  let [squares, logs] = [0, 0];
  x.forEach((value, k) => {
    const deviation = sigma?.[k] ?? 1;
    squares += (value / deviation) ** 2;
    logs += Math.log(deviation);
  });
  return -0.5 * (squares + x.length * Math.log(2 * Math.PI)) - logs;
}

/**
 * Log ratio of the angular central Gaussian to the uniform density, summed over the columns of a
 * tensor, each a point on a sphere with n coordinates: `−Σ log σ_k − (n/2) log(Σ_k u_k²/σ_k²)`, u
 * on the unit sphere.
 *
 * @see Tyler 1987, "Statistical analysis for the angular central Gaussian distribution on the
 * sphere"
 */
function logDensityRatio(x: Float32Array, sigma: Float32Array, spheres: number): number {
  const n = x.length / spheres;
  let total = 0;
  for (let j = 0; j < spheres; j++) {
    let [squares, scaled] = [0, 0];
    for (let at = j; at < x.length; at += spheres) {
      const [value, deviation] = [x[at] as number, sigma[at] as number];
      squares += value ** 2;
      scaled += (value / deviation) ** 2;
      total -= Math.log(deviation);
    }
    total -= (n / 2) * Math.log(scaled / squares);
  }
  return total;
}

/**
 * `log (2 π^{n/2} r^{n−1} / Γ(n/2))`: the area of the sphere of radius r = √n in ℝⁿ. For n = 1 it
 * is 2, the number of points.
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
