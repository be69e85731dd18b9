import { AdamW, type AdamWOptions } from './adamw.js';
import type { Optimizer } from './optimizer.js';
import { Sgd, type SgdOptions } from './sgd.js';

/** Which optimiser, as configuration files and zoo headers record it. */
export type OptimizerOptions =
  ({ readonly kind: 'adam' } & AdamWOptions) | ({ readonly kind: 'sgd' } & SgdOptions);

/**
 * The optimiser for parameters of the given sizes.
 *
 * @param sizes - number of elements of each parameter tensor
 */
export function createOptimizer(options: OptimizerOptions, sizes: readonly number[]): Optimizer {
  return options.kind === 'adam' ? new AdamW(sizes, options) : new Sgd(sizes, options);
}
