import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { FLOW_GEOMETRIES, pointGeometry } from '../../src/flow/geometry.js';
import { TIME_GRIDS, timesOf } from '../../src/flow/solvers/time-grid.js';
import { DETERMINISTIC, noiseScale, perturb } from '../../src/flow/stochasticity.js';
import { ReferenceOps, tensor } from '../../src/ops/reference-ops.js';
import { layoutIn } from '../support/point-of.js';
import { gap, noise, priorPoint, rowOf, shapesOf } from './points.js';

const ops = new ReferenceOps();

describe('noiseScale', () => {
  it('is strength √Δt in the steps that start in the range, else 0', () => {
    const half = { strength: 0.3, from: 0.25, to: 0.5 };
    expect(noiseScale(half, 0.25, 0.01)).toBeCloseTo(0.03, 15);
    expect(noiseScale(half, 0.49, 0.01)).toBeCloseTo(0.03, 15);
    for (const t of [0, 0.24, 0.5, 0.9]) expect(noiseScale(half, t, 0.01)).toBe(0);
  });

  it.each(TIME_GRIDS)('adds up to the same variance in any number of %s steps (1e-12)', (grid) => {
    for (const steps of [1, 7, 64]) {
      const times = timesOf(grid, steps);
      const variance = Array.from({ length: steps }, (_, k) =>
        noiseScale({ strength: 0.3, from: 0, to: 1 }, times[k]!, times[k + 1]! - times[k]!),
      ).reduce((sum, scale) => sum + scale ** 2, 0);
      expect(Math.abs(variance - 0.09)).toBeLessThan(1e-12);
    }
  });

  it('is 0 throughout for deterministic sampling', () => {
    for (const t of [0, 0.5, 0.99]) expect(noiseScale(DETERMINISTIC, t, 0.1)).toBe(0);
  });
});

describe.each(FLOW_GEOMETRIES)('perturb on the path of the %s flow', (geometry) => {
  // Wide, so that lengths of random vectors are near their expectation: 20 × 30 numbers a row.
  const arch = architecture([30, 20, 2]);
  const point = priorPoint(arch, geometry, 3, 'point');
  const draw = noise(shapesOf(arch, geometry, 3), 'noise');
  const { path } = pointGeometry(geometry, layoutIn(geometry, arch).tensors);
  const scales = [0.1, 0, 0.4];
  const moved = perturb(ops, path, point, draw, tensor(scales));

  it('stays on the manifold (1e-12)', () => {
    expect(gap(path.projectPoint(ops, moved), moved)).toBeLessThan(1e-12);
  });

  it('leaves rows of scale 0 exactly where they are', () => {
    moved.forEach(({ data, shape }, index) => {
      data.forEach((x, i) => {
        if (rowOf({ data, shape }, i) === 1) expect(x).toBe(point[index]!.data[i]);
      });
    });
  });

  it('moves every row by its own scale per dimension, along geodesics (5 %)', () => {
    const distances = path.factors[0]!.squaredDistance(ops, point[0]!, moved[0]!).data;
    const dimension = path.factors[0]!.dimension([30, 20]);
    for (const row of [0, 2]) {
      const measured = Math.sqrt(distances[row]! / dimension);
      expect(Math.abs(measured / scales[row]! - 1)).toBeLessThan(0.05);
    }
  });
});
