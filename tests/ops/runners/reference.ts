import { ReferenceOps, tensor } from '../../../src/ops/reference-ops.js';
import type { TensorOpsRunner } from '../conformance.js';

/** Float64 on arrays. */
export function referenceRunner(): TensorOpsRunner {
  const ops = new ReferenceOps();
  return {
    run: (compute, inputs) => {
      const result = compute(
        ops,
        inputs.map(({ shape, data }) => tensor(data, shape)),
      );
      return { shape: result.shape, values: [...result.data] };
    },
  };
}
