import { describe, expect, it } from 'vitest';
import { velocityOf } from '../../../src/flow/prediction.js';
import { eulerStep, type VelocityField } from '../../../src/flow/solvers/euler.js';
import { ReferenceOps, tensor, type ReferenceTensor } from '../../../src/ops/reference-ops.js';
import { randomPoint, rowOf } from '../points.js';

const ops = new ReferenceOps();
const everyRow = (value: number): ReferenceTensor => tensor([value, value, value]);

function integrate(field: VelocityField<ReferenceTensor>, steps: number) {
  let point: readonly ReferenceTensor[] = randomPoint('start');
  for (let k = 0; k < steps; k++) {
    point = eulerStep(ops, field, point, everyRow(k / steps), everyRow(1 / steps));
  }
  return point;
}

/** v = −x + t, with the solution x(1) = (x_0 + 1) e⁻¹. */
const linearField: VelocityField<ReferenceTensor> = (point, t) =>
  point.map((x) => {
    const ones = x.shape.slice(1).map(() => 1);
    return ops.sub(ops.reshape(t, [3, ...ones]), x);
  });

function errorAfter(steps: number): number {
  const start = randomPoint('start');
  return Math.max(
    ...integrate(linearField, steps).flatMap(({ data }, index) =>
      [...data].map((x, i) => Math.abs(x - (start[index]!.data[i]! + 1) / Math.E)),
    ),
  );
}

describe('eulerStep', () => {
  it('converges with order 1 to the closed form of a linear field (0.95 to 1.05)', () => {
    const counts = [20, 40, 80, 160];
    const errors = counts.map(errorAfter);
    const order = Math.log2(errors[0]! / errors[3]!) / 3;
    expect(order).toBeGreaterThan(0.95);
    expect(order).toBeLessThan(1.05);
    expect(errors[3]).toBeLessThan(0.01);
  });

  it('moves every row by its own step (1e-15)', () => {
    const start = randomPoint('start');
    const steps = [0, 0.5, 2];
    const field: VelocityField<ReferenceTensor> = (point) => point;
    eulerStep(ops, field, start, everyRow(0), tensor(steps)).forEach((value, index) => {
      value.data.forEach((x, i) => {
        const expected = start[index]!.data[i]! * (1 + steps[rowOf(value, i)]!);
        expect(Math.abs(x - expected)).toBeLessThan(1e-15 * (1 + Math.abs(expected)));
      });
    });
  });

  it.each([1, 4, 10])('ends %i steps exactly on the last predicted end point (1e-14)', (steps) => {
    let predicted: readonly ReferenceTensor[] = [];
    const times: number[] = [];
    const end = integrate((point, t) => {
      times.push(...t.data);
      predicted = point.map((x) => ops.sin(ops.mul(x, ops.constant(3))));
      return velocityOf(ops, 'endpoint', predicted, point, t);
    }, steps);
    expect(Math.max(...times)).toBeLessThan(1);
    end.forEach(({ data }, index) => {
      data.forEach((x, i) => {
        expect(Math.abs(x - predicted[index]!.data[i]!)).toBeLessThan(1e-14);
      });
    });
  });
});
