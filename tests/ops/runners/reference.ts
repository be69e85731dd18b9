import { Float64Ops } from '../../../src/ops/float64-ops.js';
import { ReferenceOps, tensor } from '../../../src/ops/reference-ops.js';
import type { TensorOpsRunner } from '../conformance.js';

/** Float64 on arrays. */
export function referenceRunner(): TensorOpsRunner {
  return runnerOf(new ReferenceOps());
}

/** The same, faster where small classifiers spend their time. */
export function float64Runner(): TensorOpsRunner {
  return runnerOf(new Float64Ops());
}

function runnerOf(ops: ReferenceOps): TensorOpsRunner {
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
