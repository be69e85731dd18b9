/**
 * A dimension: a number, or a sum of symbols and a number in canonical form, `h1+h2+3`.
 *
 * Equal sums are equal strings, so dimensions are compared with `===`.
 */
export type Dim = number | string;
export type Shape = readonly Dim[];

/** The sum of dimensions in canonical form: symbols sorted, then the constant. */
export function addDims(...dims: readonly Dim[]): Dim {
  const symbols: string[] = [];
  let constant = 0;
  for (const dim of dims) {
    if (typeof dim === 'number') {
      constant += dim;
      continue;
    }
    for (const term of dim.split('+')) {
      if (/^\d+$/.test(term)) constant += Number(term);
      else symbols.push(term);
    }
  }
  if (symbols.length === 0) return constant;
  symbols.sort();
  return constant === 0 ? symbols.join('+') : `${symbols.join('+')}+${String(constant)}`;
}

/** The symbols and the constant of a dimension: `h1+h2+3` → (`[h1, h2]`, 3). */
export function dimTerms(dim: Dim): {
  readonly symbols: readonly string[];
  readonly constant: number;
} {
  if (typeof dim === 'number') return { symbols: [], constant: dim };
  const terms = dim.split('+');
  return {
    symbols: terms.filter((term) => !/^\d+$/.test(term)),
    constant: terms
      .filter((term) => /^\d+$/.test(term))
      .reduce((sum, term) => sum + Number(term), 0),
  };
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}
