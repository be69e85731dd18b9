import { expect, it } from 'vitest';
import { DenseRelationalTransformer } from '../../bench/dense-relational.js';
import { ReferenceOps, tensor } from '../../src/ops/reference-ops.js';
import { Random } from '../../src/random.js';
import { pointOf } from '../support/point-of.js';
import { largestDifference, permuteHidden, rotations } from '../velocity/permute-point.js';
import { randomPoint, TIMES, TINY_RELATIONAL, type Point } from '../velocity/tiny-network.js';

const LAYERS = [3, 4, 5, 2];

/** With random parameters, none of them zero. */
function predict(point: Point): Point {
  return new DenseRelationalTransformer(TINY_RELATIONAL).predict(
    new ReferenceOps(),
    (name, shape) => {
      const size = shape.reduce((product, dim) => product * dim, 1);
      return tensor(
        new Random(1, name).normals(size).map((value) => 0.5 * value),
        shape,
      );
    },
    pointOf(point),
    tensor(TIMES),
  );
}

it('the dense stand-in answers for every weight, and permutes as the network it stands for (1e-9)', () => {
  const point = randomPoint(LAYERS);
  const output = predict(point);
  expect(output.map(({ shape }) => shape)).toEqual(point.map(({ shape }) => shape));
  const orders = rotations(LAYERS);
  const permuted = permuteHidden(output, orders);
  expect(largestDifference(permuted, output)).toBeGreaterThan(0.1);
  expect(largestDifference(predict(permuteHidden(point, orders)), permuted)).toBeLessThan(1e-9);
});
