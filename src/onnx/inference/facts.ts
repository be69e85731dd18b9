import { addDims, type Dim, type Shape } from '../dim.js';
import type { ElementType } from '../graph.js';

/** What is known of a value without running the graph. */
export interface ValueFacts {
  readonly type: ElementType;
  readonly shape: Shape;
  /**
   * The elements of an int64 scalar or vector, where they are known: numbers or sums of
   * dimensions. They are what makes `Reshape` to a computed shape inferable.
   */
  readonly elements?: readonly Dim[];
}

/** Facts of an int64 scalar or vector whose elements may be known. */
export function shapeValue(shape: Shape, elements: readonly Dim[] | undefined): ValueFacts {
  return elements === undefined ? { type: 'int64', shape } : { type: 'int64', shape, elements };
}

/** The same value under another shape: the elements stay where a vector or scalar results. */
export function reshaped({ type, elements }: ValueFacts, shape: Shape): ValueFacts {
  return elements === undefined || shape.length > 1 ? { type, shape } : { type, shape, elements };
}

/** Element-wise sum of known elements; a single element broadcasts. */
export function addElements(
  a: readonly Dim[] | undefined,
  b: readonly Dim[] | undefined,
): readonly Dim[] | undefined {
  if (a === undefined || b === undefined) return undefined;
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  if (short.length !== 1 && short.length !== long.length) return undefined;
  const sums: Dim[] = [];
  for (const [index, term] of long.entries()) {
    const other = short.length === 1 ? short[0] : short[index];
    if (other === undefined || isNegative(term) || isNegative(other)) return undefined;
    sums.push(addDims(term, other));
  }
  return sums;
}

function isNegative(dim: Dim): boolean {
  return typeof dim === 'number' && dim < 0;
}
