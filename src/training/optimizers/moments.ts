import { ensure, WeightspringError } from '../../errors.js';
import type { OptimizerState } from './optimizer.js';

/** Copies of several lists in one. */
export function copies(...lists: readonly (readonly Float32Array[])[]): readonly Float32Array[] {
  return lists.flat().map((list) => list.slice());
}

/**
 * Puts saved moments into those of an optimiser.
 *
 * @throws WeightspringError `data-corrupt` for the state of another kind, or of other parameters
 */
export function restoreMoments(
  kind: OptimizerState['kind'],
  state: OptimizerState,
  moments: readonly Float32Array[],
): void {
  ensure(
    state.kind === kind,
    'data-corrupt',
    () => `the saved optimiser state is of '${state.kind}', this run uses '${kind}'`,
  );
  ensure(
    state.moments.length === moments.length &&
      moments.every((moment, index) => moment.length === state.moments[index]?.length),
    'data-corrupt',
    () => `the saved optimiser state has tensors of other sizes than this run's parameters`,
  );
  moments.forEach((moment, index) => {
    moment.set(state.moments[index] as Float32Array);
  });
}

/** @throws WeightspringError `shape-mismatch` when the lists do not fit the moments */
export function assertFit(
  moments: readonly Float32Array[],
  parameters: readonly Float32Array[],
  gradients: readonly Float32Array[],
): void {
  moments.forEach((moment, index) => {
    const parameter = parameters[index]?.length;
    const gradient = gradients[index]?.length;
    if (parameter !== moment.length || gradient !== moment.length) {
      throw new WeightspringError(
        'shape-mismatch',
        `parameter ${index} has ${moment.length} elements in the optimiser, got ` +
          `${String(parameter)} values and ${String(gradient)} gradients`,
      );
    }
  });
  if (parameters.length !== moments.length || gradients.length !== moments.length) {
    throw new WeightspringError(
      'shape-mismatch',
      `the optimiser holds ${moments.length} parameters, got ${parameters.length} parameters and ` +
        `${gradients.length} gradients`,
    );
  }
}
