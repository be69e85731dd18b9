import { describe, expect, it } from 'vitest';
import { velocityOf } from '../../src/flow/prediction.js';
import { samplePath } from '../../src/flow/probability-path.js';
import { ReferenceOps, tensor } from '../../src/ops/reference-ops.js';
import { randomPoint, rowOf, SHAPES } from './points.js';

const ops = new ReferenceOps();
const TIMES = [0, 0.25, 0.9];

describe('samplePath', () => {
  const x0 = randomPoint('noise');
  const x1 = randomPoint('data');
  const { xt, ut } = samplePath(ops, x0, x1, tensor(TIMES));

  it('is (1 − t) x_0 + t x_1 with velocity x_1 − x_0, a time per row (1e-12)', () => {
    expect(xt.map(({ shape }) => shape)).toEqual(SHAPES);
    xt.forEach((value, index) => {
      value.data.forEach((x, i) => {
        const t = TIMES[rowOf(value, i)]!;
        const [start, end] = [x0[index]!.data[i]!, x1[index]!.data[i]!];
        expect(Math.abs(x - ((1 - t) * start + t * end))).toBeLessThan(1e-12);
        expect(Math.abs(ut[index]!.data[i]! - (end - start))).toBeLessThan(1e-12);
      });
    });
  });

  it('starts at x_0 and ends at x_1 (1e-12)', () => {
    for (const [t, ends] of [
      [0, x0],
      [1, x1],
    ] as const) {
      samplePath(ops, x0, x1, tensor([t, t, t])).xt.forEach(({ data }, index) => {
        data.forEach((x, i) => {
          expect(Math.abs(x - ends[index]!.data[i]!)).toBeLessThan(1e-12);
        });
      });
    }
  });
});

describe('velocityOf', () => {
  const xt = randomPoint('current');
  const output = randomPoint('output');

  it('is the output itself for velocity prediction', () => {
    expect(velocityOf(ops, 'velocity', output, xt, tensor(TIMES))).toEqual(output);
  });

  it('points from x_t to the end within the time left for endpoint prediction (1e-12)', () => {
    velocityOf(ops, 'endpoint', output, xt, tensor(TIMES)).forEach((value, index) => {
      expect(value.shape).toEqual(SHAPES[index]);
      value.data.forEach((v, i) => {
        const rest = 1 - TIMES[rowOf(value, i)]!;
        const expected = (output[index]!.data[i]! - xt[index]!.data[i]!) / rest;
        expect(Math.abs(v - expected)).toBeLessThan(1e-12 * (1 + Math.abs(expected)));
      });
    });
  });

  it('is the velocity of the path where the end is right (1e-12)', () => {
    const x1 = randomPoint('data');
    const t = tensor(TIMES);
    const path = samplePath(ops, randomPoint('noise'), x1, t);
    velocityOf(ops, 'endpoint', x1, path.xt, t).forEach(({ data }, index) => {
      data.forEach((v, i) => {
        expect(Math.abs(v - path.ut[index]!.data[i]!)).toBeLessThan(1e-12);
      });
    });
  });
});
