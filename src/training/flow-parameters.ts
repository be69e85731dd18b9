import type { Skip } from '../flow/prediction.js';
import { sizeOf } from '../ops/shape-rules.js';
import type { ParameterSpec } from '../ops/tensor-ops.js';
import { Random } from '../random.js';

/** Standard deviation of an output layer that does not start at zero. */
const OUTPUT_STD = 0.02;

/**
 * Starting values of the parameters of a flow map: those of the flow that it is distilled from, and of
 * what is new those of {@link initialiseParameters}.
 */
export function startFrom(
  specs: readonly ParameterSpec[],
  known: ReadonlyMap<string, Float32Array>,
  seed: number,
): readonly Float32Array[] {
  const fresh = initialiseParameters(specs, seed);
  return specs.map(({ name }, index) => known.get(name) ?? (fresh[index] as Float32Array));
}

/**
 * Starting values of parameters: each from its own stream of the seed.
 *
 * @param skip - of the flow: without x_t beside it, an output of zero would be a point of no sphere,
 *   and nothing would be learnt from it
 */
export function initialiseParameters(
  specs: readonly ParameterSpec[],
  seed: number,
  skip: Skip = 'all',
): readonly Float32Array[] {
  const normals = (name: string, size: number, std: number): Float32Array =>
    new Random(seed, 'parameter', name).normals(size).map((value) => value * std);
  return specs.map(({ name, shape, init }) => {
    const size = sizeOf(shape);
    switch (init.kind) {
      case 'zeros':
        return new Float32Array(size);
      case 'output':
        return skip === 'all' ? new Float32Array(size) : normals(name, size, OUTPUT_STD);
      case 'ones':
        return new Float32Array(size).fill(1);
      case 'normal':
        return normals(name, size, init.std);
    }
  });
}
