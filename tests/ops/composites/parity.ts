import { beforeAll, describe, it } from 'vitest';
import { expectClose, type ConformanceOptions, type TensorOpsRunner } from '../conformance.js';
import { referenceRunner } from '../runners/reference.js';
import { COMPOSITE_CASES } from './composite-cases.js';

/** Every composite on an interpreter against the reference interpreter. */
export function describeCompositeParity(
  name: string,
  makeRunner: () => Promise<TensorOpsRunner> | TensorOpsRunner,
  { tolerance }: ConformanceOptions,
): void {
  describe(`composites on ${name}`, () => {
    const reference = referenceRunner();
    let runner: TensorOpsRunner;
    beforeAll(async () => {
      runner = await makeRunner();
    });

    for (const { title, compute, inputs } of COMPOSITE_CASES) {
      it(`${title} agrees with the reference (${tolerance})`, async () => {
        const expected = await reference.run(compute, inputs);
        expectClose(await runner.run(compute, inputs), expected, tolerance);
      });
    }
  });
}
