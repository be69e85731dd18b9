import { describe, expect, it } from 'vitest';
import type { FlowGeometry } from '../../src/flow/geometry.js';
import type { HostPoint, WeightSpace } from '../../src/flow/weight-space.js';
import { logSphereArea, priorLogDensity } from '../../src/likelihood/prior-density.js';
import { architecture } from '../../src/network/architecture.js';
import { Random } from '../../src/random.js';
import { fittedSpace } from '../support/fitted-space.js';

const ARCH = architecture([3, 4, 2]);
const NETWORKS = Array.from({ length: 5 }, (_, seed) => new Random(seed).normals(26));

function spaceOf(geometry: FlowGeometry, prior: 'uniform' | 'matched'): Promise<WeightSpace> {
  return fittedSpace(ARCH, NETWORKS, geometry, { prior });
}
const SPHERES = await spaceOf('geometric', 'uniform');

/** The law of one tensor [n, 1] on the sphere of radius √n, alone in its layout. */
function onSphere(sigma: readonly number[]): (x: readonly number[]) => number {
  const [first] = SPHERES.layout.tensors;
  const shape = [sigma.length, 1] as const;
  const own = {
    geometry: 'geometric',
    layout: { ...SPHERES.layout, tensors: [{ ...first!, shape }] },
    deviations: Float32Array.from(sigma),
  } as const;
  return (x) => {
    const point: HostPoint = [{ shape: [1, ...shape], data: Float32Array.from(x) }];
    return priorLogDensity(own, point, 0);
  };
}

describe('the density of a matched prior', () => {
  it.each([[[1, 1]], [[1, 3]], [[0.2, 0.9]]])('integrates to 1 on the circle: σ = %j', (sigma) => {
    const log = onSphere(sigma);
    const [steps, radius] = [4000, Math.SQRT2];
    let sum = 0;
    for (let k = 0; k < steps; k++) {
      const angle = (2 * Math.PI * (k + 0.5)) / steps;
      sum += Math.exp(log([radius * Math.cos(angle), radius * Math.sin(angle)]));
    }
    expect((sum * 2 * Math.PI * radius) / steps).toBeCloseTo(1, 4);
  });

  it.each([[[1, 1, 1]], [[1, 2, 0.5]]])('integrates to 1 on the 2-sphere: σ = %j', (sigma) => {
    const log = onSphere(sigma);
    const [steps, radius] = [300, Math.sqrt(3)];
    let sum = 0;
    for (let i = 0; i < steps; i++) {
      const z = -1 + (2 * (i + 0.5)) / steps;
      const ring = Math.sqrt(1 - z * z);
      for (let k = 0; k < steps; k++) {
        const angle = (2 * Math.PI * (k + 0.5)) / steps;
        sum += Math.exp(
          log([radius * ring * Math.cos(angle), radius * ring * Math.sin(angle), radius * z]),
        );
      }
    }
    expect((sum * 4 * Math.PI * 3) / steps ** 2).toBeCloseTo(1, 3);
  });

  it('is the law of the noise: the share of it near an axis', () => {
    const log = onSphere([1, 2.5]);
    const random = new Random(1);
    let inside = 0;
    const draws = 40_000;
    for (let n = 0; n < draws; n++) {
      const [x, y] = random.normals(2);
      if (Math.abs(Math.atan2(2.5 * y!, x!)) < 0.5) inside++;
    }
    const steps = 2000;
    let expected = 0;
    for (let k = 0; k < steps; k++) {
      const angle = -0.5 + (k + 0.5) / steps;
      const point = [Math.SQRT2 * Math.cos(angle), Math.SQRT2 * Math.sin(angle)];
      expected += (Math.exp(log(point)) * Math.SQRT2) / steps;
    }
    expect(inside / draws).toBeCloseTo(expected, 2);
  });

  it('is the uniform density where all deviations are equal', () => {
    const point = Array.from(new Random(2).normals(5));
    expect(onSphere([0.3, 0.3, 0.3, 0.3, 0.3])(point)).toBeCloseTo(-logSphereArea(5), 5);
  });

  it.each(['euclidean', 'geometric'] as const)(
    'differs from the uniform one of a %s flow by what its deviations say',
    async (geometry) => {
      const plain = await spaceOf(geometry, 'uniform');
      const matched = await spaceOf(geometry, 'matched');
      const x = matched.prior(new Random(3));
      const equal = { ...parts(plain), deviations: new Float32Array(x.length).fill(1) };
      const point = plain.pack([x]);
      expect(priorLogDensity(equal, point, 0)).toBeCloseTo(priorLogDensity(plain, point, 0), 4);
      expect(
        Math.abs(priorLogDensity(matched, point, 0) - priorLogDensity(plain, point, 0)),
      ).toBeGreaterThan(1e-3);
      if (geometry === 'geometric') return;
      const sigma = matched.deviations!;
      const exact = x.reduce(
        (sum, value, k) =>
          sum - 0.5 * (value / sigma[k]!) ** 2 - Math.log(sigma[k]! * Math.sqrt(2 * Math.PI)),
        0,
      );
      expect(priorLogDensity(matched, point, 0)).toBeCloseTo(exact, 3);
    },
  );
});

function parts({ geometry, layout }: WeightSpace): Pick<WeightSpace, 'geometry' | 'layout'> {
  return { geometry, layout };
}
