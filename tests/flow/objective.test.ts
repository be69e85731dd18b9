import { describe, expect, it } from 'vitest';
import { flowMatchingLoss } from '../../src/flow/objective.js';
import { alongBatch, PREDICTIONS, type Prediction } from '../../src/flow/prediction.js';
import {
  ReferenceOps,
  scalarValue,
  tensor,
  type ReferenceTensor,
} from '../../src/ops/reference-ops.js';
import type { ParameterSource, TensorOps } from '../../src/ops/tensor-ops.js';
import type { VelocityNetwork } from '../../src/velocity/velocity-network.js';
import { randomPoint, rowOf } from './points.js';

const ops = new ReferenceOps();
const TIMES = [0.1, 0.5, 0.9];
const NOISE = 2;

/**
 * Knows that all noise is {@link NOISE}, and so the end from any point: `x_1 = (x_t − (1−t) x_0) / t`.
 * For endpoint prediction it answers the F that the preconditioning turns into x_1, with
 * e = t² + (1−t)²: `F = (x_1 − t x_t / e) √e / (1−t)`.
 */
function perfect(prediction: Prediction): VelocityNetwork {
  return {
    maxHiddenLayers: 1,
    predict<T>(o: TensorOps<T>, _: ParameterSource<T>, point: readonly T[], t: T) {
      const noise = o.constant(NOISE);
      return point.map((x) => {
        const time = alongBatch(o, t, x);
        const rest = o.sub(o.constant(1), time);
        const end = o.div(o.sub(x, o.mul(rest, noise)), time);
        if (prediction === 'velocity') return o.sub(end, noise);
        const energy = o.add(o.mul(time, time), o.mul(rest, rest));
        const missing = o.sub(end, o.div(o.mul(time, x), energy));
        return o.div(o.mul(missing, o.sqrt(energy)), rest);
      });
    },
  };
}

/** Answers zero everywhere: a velocity of 0, or the end point c_skip(t) x_t. */
const zero: VelocityNetwork = {
  maxHiddenLayers: 1,
  predict: (o, _, point) => point.map((x) => o.mul(x, o.constant(0))),
};

function loss(
  network: VelocityNetwork,
  prediction: Prediction,
  x0: readonly ReferenceTensor[],
  x1: readonly ReferenceTensor[],
): number {
  const parameter = (name: string): never => {
    throw new Error(`no parameter ${name}`);
  };
  const batch = { x0, x1, t: tensor(TIMES) };
  return scalarValue(flowMatchingLoss(ops, network, parameter, prediction, batch));
}

describe('flowMatchingLoss', () => {
  const x0 = randomPoint('noise');
  const x1 = randomPoint('data');
  const constant = x0.map(({ shape, data }) => ({ shape, data: data.map(() => NOISE) }));

  it.each(PREDICTIONS)('is zero for a perfect %s predictor (1e-20)', (prediction) => {
    expect(loss(perfect(prediction), prediction, constant, x1)).toBeLessThan(1e-20);
    const other = prediction === 'endpoint' ? 'velocity' : 'endpoint';
    expect(loss(perfect(other), prediction, constant, x1)).toBeGreaterThan(1);
  });

  it.each(PREDICTIONS)(
    'is the mean over tensors of their mean squares, %s (1e-12)',
    (prediction) => {
      const squares = x1.map(({ data }, index) => {
        const squared = (end: number, i: number): number => {
          const start = x0[index]!.data[i]!;
          if (prediction === 'velocity') return (end - start) ** 2;
          const t = TIMES[rowOf(x1[index]!, i)]!;
          const xt = (1 - t) * start + t * end;
          return ((t / (t ** 2 + (1 - t) ** 2)) * xt - end) ** 2;
        };
        return data.reduce((sum, end, i) => sum + squared(end, i), 0) / data.length;
      });
      const expected = (squares[0]! + squares[1]!) / 2;
      expect(Math.abs(loss(zero, prediction, x0, x1) - expected)).toBeLessThan(1e-12);
    },
  );
});
