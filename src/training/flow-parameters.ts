import { sizeOf } from '../ops/shape-rules.js';
import type { ParameterSpec } from '../ops/tensor-ops.js';
import { Random } from '../random.js';

/** Starting values of parameters: each from its own stream of the seed. */
export function initialiseParameters(
  specs: readonly ParameterSpec[],
  seed: number,
): readonly Float32Array[] {
  return specs.map(({ name, shape, init }) => {
    const size = sizeOf(shape);
    switch (init.kind) {
      case 'zeros':
        return new Float32Array(size);
      case 'ones':
        return new Float32Array(size).fill(1);
      case 'normal':
        return new Random(seed, 'parameter', name).normals(size).map((value) => value * init.std);
    }
  });
}
