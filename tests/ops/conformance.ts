import { beforeAll, describe, expect, it } from 'vitest';
import { WeightspringError } from '../../src/errors.js';
import type { Compute, Expected, Sample } from './conformance/case.js';
import { PRIMITIVE_CASES } from './conformance/cases.js';
import { ERROR_CASES } from './conformance/error-cases.js';

/** Runs computations on one interpreter. */
export interface TensorOpsRunner {
  run(compute: Compute, inputs: readonly Sample[]): Promise<Expected> | Expected;
}

export interface ConformanceOptions {
  /** Largest deviation, relative to the largest finite expected magnitude, at least 1. */
  readonly tolerance: number;
}

/** The suite that every interpreter of `TensorOps` passes. */
export function describeTensorOps(
  name: string,
  makeRunner: () => Promise<TensorOpsRunner> | TensorOpsRunner,
  { tolerance }: ConformanceOptions,
): void {
  describe(`${name} conforms to TensorOps`, () => {
    let runner: TensorOpsRunner;
    beforeAll(async () => {
      runner = await makeRunner();
    });

    for (const [primitive, cases] of Object.entries(PRIMITIVE_CASES)) {
      describe(primitive, () => {
        it('has cases', () => {
          expect(cases.length).toBeGreaterThan(0);
        });

        for (const { title, compute, inputs, expected } of cases) {
          it(title, async () => {
            expectClose(await runner.run(compute, inputs), expected, tolerance);
          });
        }
      });
    }

    describe('refuses shapes that do not fit', () => {
      for (const { title, compute, inputs } of ERROR_CASES) {
        it(title, async () => {
          const attempt = async (): Promise<Expected> => runner.run(compute, inputs);
          const error: unknown = await attempt().then(
            () => undefined,
            (reason: unknown) => reason,
          );
          expect(error).toBeInstanceOf(WeightspringError);
          expect(error).toMatchObject({ code: 'shape-mismatch' });
          const [operation = ''] = title.split(' ');
          expect((error as WeightspringError).message.toLowerCase()).toContain(
            operation.toLowerCase(),
          );
        });
      }
    });
  });
}

/** Equal shapes; equal infinities and NaNs; finite values within tolerance of the scale. */
export function expectClose(actual: Expected, expected: Expected, tolerance: number): void {
  expect(actual.shape).toEqual(expected.shape);
  expect(actual.values.length).toBe(expected.values.length);
  const finite = expected.values.filter((value) => Number.isFinite(value));
  const scale = finite.reduce((max, value) => Math.max(max, Math.abs(value)), 1);
  const matches = expected.values.map((value, index) => {
    const got = actual.values[index] ?? NaN;
    return Number.isFinite(value)
      ? Math.abs(got - value) <= tolerance * scale
      : Object.is(got, value);
  });
  if (!matches.every(Boolean)) {
    // The whole arrays say more than the first wrong number.
    expect(actual.values, `not within ${tolerance} of scale ${scale}`).toEqual(expected.values);
  }
}
