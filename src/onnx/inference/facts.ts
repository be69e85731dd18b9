import type { Dim, Shape } from '../dim.js';
import type { ElementType } from '../graph.js';

/** What is known about a value without running the graph. */
export interface ValueFacts {
  readonly type: ElementType;
  readonly shape: Shape;
  /**
   * The elements of an int64 scalar or vector, if known: numbers or polynomials in dimensions. With
   * these, `Reshape` to a computed shape can be inferred.
   */
  readonly elements?: readonly Dim[];
}

/** Facts about an int64 scalar or vector whose elements may be known. */
export function shapeValue(shape: Shape, elements: readonly Dim[] | undefined): ValueFacts {
  return elements === undefined ? { type: 'int64', shape } : { type: 'int64', shape, elements };
}

/** The same value with another shape: the elements are kept if the result is a vector or scalar. */
export function reshaped({ type, elements }: ValueFacts, shape: Shape): ValueFacts {
  return elements === undefined || shape.length > 1 ? { type, shape } : { type, shape, elements };
}

/** Combines element by element if both are known; a single element broadcasts. */
export function combineElements(
  a: readonly Dim[] | undefined,
  b: readonly Dim[] | undefined,
  combine: (a: Dim, b: Dim) => Dim,
): readonly Dim[] | undefined {
  if (a === undefined || b === undefined) return undefined;
  const result: Dim[] = [];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const left = a.length === 1 ? a[0] : a[i];
    const right = b.length === 1 ? b[0] : b[i];
    if (left === undefined || right === undefined) return undefined;
    result.push(combine(left, right));
  }
  return result;
}
