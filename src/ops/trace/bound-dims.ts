import { ensure } from '../../errors.js';
import {
  addDims,
  dimPolynomial,
  formatShape,
  multiplyDims,
  sameShape,
  type Dim,
  type Shape,
} from '../../onnx/dim.js';

/** The values of symbols, taken from the shapes of bound values. */
export class BoundDims {
  readonly #values = new Map<string, Dim>();

  /** @param pairs - recorded shapes and the shapes of the values bound to them */
  constructor(pairs: readonly { readonly recorded: Shape; readonly actual: Shape }[]) {
    for (const { recorded, actual } of pairs) {
      for (const [axis, dim] of recorded.entries()) {
        const value = actual[axis];
        if (typeof dim === 'string' && /^\w+$/.test(dim) && value !== undefined) {
          this.#values.set(dim, value);
        }
      }
    }
    for (const { recorded, actual } of pairs) {
      const resolved = this.shape(recorded);
      ensure(
        sameShape(resolved, actual),
        'shape-mismatch',
        () =>
          `expected a value for ${formatShape(recorded)}, here ${formatShape(resolved)}, ` +
          `got ${formatShape(actual)}`,
      );
    }
  }

  /** The dimension with symbols replaced by their values; unknown symbols stay. */
  dim(dim: Dim): Dim {
    if (typeof dim === 'number') return dim;
    return addDims(
      ...dimPolynomial(dim).map(({ coefficient, factors }) =>
        multiplyDims(coefficient, ...factors.map((factor) => this.#values.get(factor) ?? factor)),
      ),
    );
  }

  shape(shape: Shape): Shape {
    return shape.map((dim) => this.dim(dim));
  }
}
