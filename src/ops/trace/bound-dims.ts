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

/** The values of symbols, as the shapes of bound values give them. */
export class BoundDims {
  readonly #values = new Map<string, Dim>();

  /** @param pairs - recorded shapes and what is bound to them */
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
          `a value for ${formatShape(recorded)} was expected, here ${formatShape(resolved)}, ` +
          `got ${formatShape(actual)}`,
      );
    }
  }

  /** The dimension with values in place of symbols; unknown symbols stay. */
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
