import { ensure, WeightspringError } from '../../errors.js';
import type { OptimizerState } from './optimizer.js';

/** What an optimiser remembers from update to update: lists of arrays like the parameters, float32. */
export class Moments {
  readonly #kind: OptimizerState['kind'];
  readonly #lists: readonly (readonly Float32Array[])[];
  #steps = 0;

  /** @param lists - one array per parameter in each, at least one list; changed in place */
  constructor(kind: OptimizerState['kind'], ...lists: readonly (readonly Float32Array[])[]) {
    this.#kind = kind;
    this.#lists = lists;
  }

  /**
   * Checks the arguments of an update and counts it.
   *
   * @returns updates so far, with this one
   * @throws WeightspringError `shape-mismatch` where parameters or gradients do not fit
   */
  advance(parameters: readonly Float32Array[], gradients: readonly Float32Array[]): number {
    assertFit(this.#lists[0] ?? [], parameters, gradients);
    return ++this.#steps;
  }

  state(): OptimizerState {
    const moments = this.#lists.flat().map((list) => list.slice());
    return { kind: this.#kind, steps: this.#steps, moments };
  }

  /** @throws WeightspringError `data-corrupt` for the state of another kind, or of other parameters */
  restore(state: OptimizerState): void {
    ensure(
      state.kind === this.#kind,
      'data-corrupt',
      () => `the saved optimiser state is of '${state.kind}', this run uses '${this.#kind}'`,
    );
    const moments = this.#lists.flat();
    ensure(
      state.moments.length === moments.length &&
        moments.every((moment, index) => moment.length === state.moments[index]?.length),
      'data-corrupt',
      () => `the saved optimiser state has tensors of other sizes than this run's parameters`,
    );
    moments.forEach((moment, index) => {
      moment.set(state.moments[index] as Float32Array);
    });
    this.#steps = state.steps;
  }
}

function assertFit(
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
