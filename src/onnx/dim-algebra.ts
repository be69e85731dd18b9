import { addDims, dimPolynomial, multiplyDims, type Dim, type Shape } from './dim.js';

/**
 * The common shape of values that broadcast as in NumPy, or undefined if they do not. A symbol
 * broadcasts with itself and with 1 only.
 */
export function broadcastShapes(...shapes: readonly Shape[]): Shape | undefined {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const result: Dim[] = new Array<Dim>(rank).fill(1);
  for (const shape of shapes) {
    for (const [index, dim] of shape.entries()) {
      const axis = rank - shape.length + index;
      if (dim === 1 || dim === result[axis]) continue;
      if (result[axis] !== 1) return undefined;
      result[axis] = dim;
    }
  }
  return result;
}

/**
 * The dimension that, appended to `known`, gives as many elements as `whole` has, or undefined if
 * it cannot be derived: equal dimensions cancel, then the rest is divided.
 */
export function missingDim(whole: Shape, known: Shape): Dim | undefined {
  const rest = [...whole];
  const unmatched: Dim[] = [];
  for (const dim of known) {
    const at = rest.indexOf(dim);
    if (at < 0) unmatched.push(dim);
    else rest.splice(at, 1);
  }
  return divideDims(multiplyDims(...rest), multiplyDims(...unmatched));
}

/** The exact quotient of `a` by a single term, or undefined. */
function divideDims(a: Dim, b: Dim): Dim | undefined {
  if (a === b) return 1;
  const [divisor, ...more] = dimPolynomial(b);
  if (divisor === undefined || more.length > 0) return undefined;
  const quotient: Dim[] = [];
  for (const { coefficient, factors } of dimPolynomial(a)) {
    const left = [...factors];
    for (const factor of divisor.factors) {
      const at = left.indexOf(factor);
      if (at < 0) return undefined;
      left.splice(at, 1);
    }
    if (coefficient % divisor.coefficient !== 0) return undefined;
    quotient.push(multiplyDims(coefficient / divisor.coefficient, ...left));
  }
  return addDims(...quotient);
}
