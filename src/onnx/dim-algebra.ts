import { addDims, dimTerms, type Dim, type Shape } from './dim.js';

/**
 * `a − b` where that is provably a sum of symbols and a number ≥ 0, else undefined: `h1+h2+3` less
 * `h1+1` is `h2+2`, but `h1` less `h2` is unknown.
 */
export function subtractDims(a: Dim, b: Dim): Dim | undefined {
  const from = dimTerms(a);
  const less = dimTerms(b);
  const symbols = [...from.symbols];
  for (const symbol of less.symbols) {
    const at = symbols.indexOf(symbol);
    if (at < 0) return undefined;
    symbols.splice(at, 1);
  }
  const constant = from.constant - less.constant;
  return constant < 0 ? undefined : addDims(...symbols, constant);
}

/**
 * The common shape of values that broadcast as NumPy does, or undefined where they do not. A
 * symbol broadcasts with itself and with 1 only.
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
 * The dimension that, next to `known`, gives as many elements as `whole` has, or undefined where
 * it does not follow: equal dimensions cancel, then numbers divide.
 */
export function missingDim(whole: Shape, known: Shape): Dim | undefined {
  const rest = [...whole];
  const unmatched: Dim[] = [];
  for (const dim of known) {
    const at = rest.indexOf(dim);
    if (at < 0) unmatched.push(dim);
    else rest.splice(at, 1);
  }
  const symbols = rest.filter((dim) => typeof dim === 'string');
  const quotient = product(rest) / product(unmatched);
  if (unmatched.some((dim) => typeof dim === 'string') || !Number.isSafeInteger(quotient)) {
    return undefined;
  }
  if (symbols.length === 0) return quotient;
  return symbols.length === 1 && quotient === 1 ? symbols[0] : undefined;
}

/** Product of the numbers among `dims`. */
function product(dims: Shape): number {
  return dims.reduce<number>((total, dim) => (typeof dim === 'number' ? total * dim : total), 1);
}
