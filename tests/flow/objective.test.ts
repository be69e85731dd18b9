import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { FLOW_GEOMETRIES, pointGeometry, type FlowGeometry } from '../../src/flow/geometry.js';
import { LOSS_MEANS, type LossMean } from '../../src/flow/losses/average.js';
import { FLOW_LOSSES, type FlowLoss } from '../../src/flow/losses/registry.js';
import { flowMatchingLoss } from '../../src/flow/objective.js';
import type { Prediction } from '../../src/flow/prediction.js';
import { samplePath, velocityTowards } from '../../src/flow/probability-path.js';
import type { ProductManifold } from '../../src/geometry/product.js';
import { differentiate } from '../../src/ops/differentiate.js';
import { ReferenceOps, scalarValue, tensor } from '../../src/ops/reference-ops.js';
import { replay, Tracer } from '../../src/ops/trace.js';
import { layoutIn } from '../support/point-of.js';
import {
  answering,
  answeringParameters,
  gap,
  mapPoint,
  noise,
  noParameters,
  priorPoint,
  rowOf,
  scaled,
  shapesOf,
  type Point,
} from './points.js';

const ops = new ReferenceOps();
const ARCH = architecture([3, 5, 4, 2]);
const TIMES = [0.1, 0.5, 0.9];

interface Setting {
  readonly geometry: FlowGeometry;
  readonly prediction?: Prediction;
  readonly loss?: FlowLoss;
  readonly over?: LossMean | undefined;
}

interface Pairs {
  readonly x0: Point;
  readonly x1: Point;
  /** One per row. */
  readonly times: readonly number[];
}

function pairsOf(geometry: FlowGeometry): Pairs {
  return {
    x0: priorPoint(ARCH, geometry, 3, 'noise'),
    x1: priorPoint(ARCH, geometry, 3, 'data'),
    times: TIMES,
  };
}

/** The manifold of the paths between points of {@link ARCH}. */
function pathOf(geometry: FlowGeometry): ProductManifold {
  return pointGeometry(geometry, layoutIn(geometry, ARCH).tensors).path;
}

function pathPoint(geometry: FlowGeometry, { x0, x1, times }: Pairs): Point {
  return samplePath(ops, pathOf(geometry), x0, x1, tensor(times));
}

/** The output F from which the prediction makes this end point: the preconditioning, inverted. */
function outputFor(geometry: FlowGeometry, end: Point, xt: Point, times = TIMES): Point {
  const path = pathOf(geometry);
  return mapPoint(end, (target, index, i) => {
    const t = times[rowOf(end[index]!, i)]!;
    const energy = t ** 2 + (1 - t) ** 2;
    const [skip, out] = path.factors[index]!.isFlat
      ? [t / energy, (1 - t) / Math.sqrt(energy)]
      : [Math.sin((Math.PI / 2) * t), Math.cos((Math.PI / 2) * t)];
    return (target - skip * xt[index]!.data[i]!) / out;
  });
}

function lossOf(
  { geometry, prediction = 'endpoint', loss = 'chord', over }: Setting,
  output: Point,
  { x0, x1, times }: Pairs,
): number {
  const layout = layoutIn(geometry, ARCH);
  const model = { network: answering(output), layout, prediction, geometry };
  const batch = { x0, x1, t: tensor(times), over };
  return scalarValue(flowMatchingLoss(ops, model, noParameters, loss, batch));
}

/** The gradient of the loss by the network's output. */
function gradientOf({ geometry, loss = 'chord' }: Setting, output: Point, pairs: Pairs): Point {
  const tracer = new Tracer();
  const network = answeringParameters(output.map(({ shape }) => shape));
  const lift = (point: Point) => point.map(({ data, shape }) => tracer.constant(data, shape));
  const recorded = flowMatchingLoss(
    tracer,
    { network, layout: layoutIn(geometry, ARCH), prediction: 'endpoint', geometry },
    (name, shape) => tracer.input(name, shape),
    loss,
    { x0: lift(pairs.x0), x1: lift(pairs.x1), t: tracer.constant(pairs.times) },
  );
  const inputs = output.map(({ shape }, index) => tracer.input(`f${index}`, shape));
  const values = new Map(inputs.map((input, index) => [input, output[index]!] as const));
  return replay(differentiate(tracer, recorded, inputs), ops, values);
}

describe.each(FLOW_GEOMETRIES)('the loss of the %s flow', (geometry) => {
  const pairs = pairsOf(geometry);
  const xt = pathPoint(geometry, pairs);
  const wrong = noise(shapesOf(ARCH, geometry, 3), 'output');

  it.each(FLOW_LOSSES)('%s is zero for the true end point (1e-20), positive else', (loss) => {
    const perfect = outputFor(geometry, pairs.x1, xt);
    expect(lossOf({ geometry, loss }, perfect, pairs)).toBeLessThan(1e-20);
    expect(lossOf({ geometry, loss }, wrong, pairs)).toBeGreaterThan(0.1);
  });

  it('is zero for the true velocity (1e-20), positive else', () => {
    const setting = { geometry, prediction: 'velocity' } as const;
    const perfect = velocityTowards(ops, pathOf(geometry), xt, pairs.x1, tensor(TIMES));
    expect(lossOf(setting, perfect, pairs)).toBeLessThan(1e-20);
    expect(lossOf(setting, scaled(perfect, 1.1), pairs)).toBeGreaterThan(1e-3);
    expect(lossOf(setting, wrong, pairs)).toBeGreaterThan(0.1);
  });

  it.each(FLOW_LOSSES)('%s has a gradient that vanishes at the true end point (1e-12)', (loss) => {
    const perfect = outputFor(geometry, pairs.x1, xt);
    const zero = scaled(perfect, 0);
    expect(gap(gradientOf({ geometry, loss }, perfect, pairs), zero)).toBeLessThan(1e-12);
    expect(gap(gradientOf({ geometry, loss }, wrong, pairs), zero)).toBeGreaterThan(1e-3);
  });

  it.each(FLOW_LOSSES)('%s has the gradient of central differences (1e-6)', (loss) => {
    const gradient = gradientOf({ geometry, loss }, wrong, pairs);
    wrong.forEach((part, which) => {
      const element = 3 % part.data.length;
      const moved = (amount: number): number =>
        lossOf(
          { geometry, loss },
          mapPoint(wrong, (x, index, i) => (index === which && i === element ? x + amount : x)),
          pairs,
        );
      const expected = (moved(1e-5) - moved(-1e-5)) / 2e-5;
      expect(Math.abs(gradient[which]!.data[element]! - expected)).toBeLessThan(1e-6);
    });
  });

  it.each(FLOW_LOSSES)(
    '%s and its gradient are finite for coinciding points, antipodes and zeros',
    (loss) => {
      const { x0, x1 } = pairs;
      const together = { ...pairs, x1: x0 };
      const apart = { ...pairs, x1: scaled(x0, -1) };
      for (const each of [pairs, together, apart]) {
        const current = pathPoint(geometry, each);
        // End points at x_t itself, at its antipode and at the true end; and no output at all.
        for (const end of [current, scaled(current, -1), each.x1]) {
          const output = outputFor(geometry, end, current);
          expect(Number.isFinite(lossOf({ geometry, loss }, output, each))).toBe(true);
          for (const { data } of gradientOf({ geometry, loss }, output, each)) {
            expect(data.every(Number.isFinite)).toBe(true);
          }
        }
        for (const { data } of gradientOf({ geometry, loss }, scaled(x1, 0), each)) {
          expect(data.every(Number.isFinite)).toBe(true);
        }
      }
    },
  );
});

it.each(['euclidean', 'normalized'] as const)(
  'all losses are the same on the straight paths of the %s flow (relative 1e-12)',
  (geometry) => {
    const pairs = pairsOf(geometry);
    const wrong = noise(shapesOf(ARCH, geometry, 3), 'output');
    const [chord, ...others] = FLOW_LOSSES.map((loss) => lossOf({ geometry, loss }, wrong, pairs));
    for (const other of others) expect(Math.abs(other / chord! - 1)).toBeLessThan(1e-12);
  },
);

it.each([
  { over: undefined, what: 'tensors of the mean over their coordinates' },
  { over: 'tensors', what: 'tensors of the mean over their coordinates' },
  { over: 'coordinates', what: 'all coordinates' },
] as const)('over $over is the mean over $what (1e-12)', ({ over }) => {
  const pairs = pairsOf('euclidean');
  const predicted = priorPoint(ARCH, 'euclidean', 3, 'prediction');
  const output = outputFor('euclidean', predicted, pathPoint('euclidean', pairs));
  const squares = predicted.map(({ data }, index) =>
    Array.from(data, (end, i) => (end - pairs.x1[index]!.data[i]!) ** 2),
  );
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const expected = over === 'coordinates' ? mean(squares.flat()) : mean(squares.map(mean));
  const setting = { geometry: 'euclidean', over } as const;
  expect(Math.abs(lossOf(setting, output, pairs) - expected)).toBeLessThan(1e-12);
  const tenth = scaled(output, 1.1);
  expect(Math.abs(lossOf(setting, tenth, pairs) - expected)).toBeGreaterThan(1e-3);
});

it.each(FLOW_LOSSES)(
  '%s over coordinates counts a tensor as often as it has any (1e-12)',
  (loss) => {
    const pairs = pairsOf('geometric');
    const xt = pathPoint('geometric', pairs);
    const predicted = priorPoint(ARCH, 'geometric', 3, 'prediction');
    /** With one tensor wrong only: over tensors it is 1 of them, over coordinates its share. */
    const only = (which: number, over: LossMean): number => {
      const end = pairs.x1.map((part, index) => (index === which ? predicted[index]! : part));
      return lossOf({ geometry: 'geometric', loss, over }, outputFor('geometric', end, xt), pairs);
    };
    const sizes = predicted.map(({ data }) => data.length);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    sizes.forEach((size, which) => {
      const [perTensor, perCoordinate] = LOSS_MEANS.map((over) => only(which, over));
      expect(perTensor).toBeGreaterThan(1e-3);
      const expected = (perTensor! * sizes.length * size) / total;
      expect(Math.abs(perCoordinate! - expected)).toBeLessThan(1e-12);
    });
  },
);

describe('the losses of the Geometric flow from their formulas', () => {
  const geometry = 'geometric';
  const pairs = pairsOf(geometry);
  const xt = pathPoint(geometry, pairs);
  const predicted = priorPoint(ARCH, geometry, 3, 'prediction');
  const output = outputFor(geometry, predicted, xt);

  /** Vectors of a tensor that lie on spheres: element indices of each. */
  function spheresOf(tensorIndex: number): readonly (readonly number[])[] {
    const [batch, rows, columns] = predicted[tensorIndex]!.shape as [number, number, number];
    const all = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
    return all(batch).flatMap((b) =>
      tensorIndex === 4
        ? [all(rows * columns).map((i) => b * rows * columns + i)]
        : all(columns).map((j) => all(rows).map((i) => (b * rows + i) * columns + j)),
    );
  }

  const take = (point: Point, index: number, places: readonly number[]): number[] =>
    places.map((at) => point[index]!.data[at]!);
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  /** log_x(y) on a sphere of radius √n, by arccos. */
  const log = (x: readonly number[], y: readonly number[]): number[] => {
    const cosine = dot(x, y) / x.length;
    const factor = Math.acos(cosine) / Math.sqrt(1 - cosine ** 2);
    return x.map((value, i) => factor * (y[i]! - cosine * value));
  };

  /** The mean over tensors of the mean over coordinates, spheres one by one. */
  function expected(ofSphere: (x: number[], end: number[], target: number[]) => number): number {
    const means = predicted.map(({ data }, index) => {
      const isSphere = [0, 2, 4].includes(index);
      const total = isSphere
        ? spheresOf(index).reduce((sum, places) => {
            const [x, end, target] = [xt, predicted, pairs.x1].map((p) => take(p, index, places));
            return sum + ofSphere(x!, end!, target!);
          }, 0)
        : data.reduce((sum, end, i) => sum + (end - pairs.x1[index]!.data[i]!) ** 2, 0);
      return total / data.length;
    });
    return means.reduce((sum, mean) => sum + mean, 0) / means.length;
  }

  it('tangent: ‖log x̂_1 − log x_1‖² at x_t (1e-12)', () => {
    const formula = expected((x, end, target) => {
      const difference = log(x, end).map((v, i) => v - log(x, target)[i]!);
      return dot(difference, difference);
    });
    expect(Math.abs(lossOf({ geometry, loss: 'tangent' }, output, pairs) - formula)).toBeLessThan(
      1e-12,
    );
  });

  it('geodesic: r²θ² (1e-12)', () => {
    const formula = expected(
      (_, end, target) => end.length * Math.acos(dot(end, target) / end.length) ** 2,
    );
    expect(Math.abs(lossOf({ geometry, loss: 'geodesic' }, output, pairs) - formula)).toBeLessThan(
      1e-12,
    );
  });

  it('chord: 2r²(1 − cos θ) (1e-12)', () => {
    const formula = expected((_, end, target) => 2 * end.length - 2 * dot(end, target));
    expect(Math.abs(lossOf({ geometry, loss: 'chord' }, output, pairs) - formula)).toBeLessThan(
      1e-12,
    );
  });
});

describe('where two networks may be the end of one point', () => {
  // All rows at the same x_t and t; row by row another of two ends, A and B.
  const geometry = 'geometric';
  const path = pathOf(geometry);
  const t = 0.4;
  const times = [t, t];
  const twice = (point: Point): Point => point.map((part) => ops.concat([part, part], 0));
  const xt = twice(priorPoint(ARCH, geometry, 1, 'current'));
  // Within a quarter of a turn, so that the paths through x_t are the shortest from their starts.
  const directions = path.projectTangent(ops, xt, noise(shapesOf(ARCH, geometry, 2), 'end'));
  const x1 = path.expMap(ops, xt, scaled(directions, 0.4));
  const x0 = path.expMap(ops, xt, scaled(directions, (-0.4 * t) / (1 - t)));
  const row = (point: Point, k: number): Point => point.map((part) => ops.slice(part, 0, k, 1));

  /** Norm of the gradient by an output common to both rows, where it has the mean velocity. */
  function slopeOf(loss: FlowLoss): number {
    const mean = path.logMap(ops, xt, x1).map((part) => ops.mean(part, [0], true));
    const end = twice(path.expMap(ops, row(xt, 0), mean));
    const output = outputFor(geometry, end, xt, times);
    const gradient = gradientOf({ geometry, loss }, output, { x0, x1, times });
    return Math.hypot(...gradient.flatMap((part) => [...ops.sum(part, [0]).data]));
  }

  it('both paths lead through it, to different ends (1e-12)', () => {
    expect(gap(samplePath(ops, path, x0, x1, tensor(times)), xt)).toBeLessThan(1e-12);
    expect(gap(row(x1, 0), row(x1, 1))).toBeGreaterThan(0.1);
  });

  it('the minimiser of the tangent loss, and of no other, has the mean velocity (1e-12)', () => {
    expect(slopeOf('tangent')).toBeLessThan(1e-12);
    expect(slopeOf('chord')).toBeGreaterThan(1e-4);
    expect(slopeOf('geodesic')).toBeGreaterThan(1e-4);
  });
});
