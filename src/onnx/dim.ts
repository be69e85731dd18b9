/**
 * A dimension: a number, or a polynomial in symbols with integer coefficients in canonical form,
 * `h1+h2+3`, `11*batch`, `batch*h1`, `-1*h1+64`.
 *
 * Equal polynomials are equal strings, so dimensions are compared with `===`.
 */
export type Dim = number | string;
export type Shape = readonly Dim[];

/** One term of a dimension: `coefficient · ∏ factors`; the constant has no factors. */
export interface DimTerm {
  readonly coefficient: number;
  /** Symbols, sorted; repeated for powers. */
  readonly factors: readonly string[];
}

/** The terms of a dimension, the constant last: `2*h1+batch*h1+3` → 2·h1, 1·batch·h1, 3. */
export function dimPolynomial(dim: Dim): readonly DimTerm[] {
  if (typeof dim === 'number') return dim === 0 ? [] : [{ coefficient: dim, factors: [] }];
  return dim.split('+').map((text) => {
    const factors = text.split('*');
    const coefficient = Number(factors[0]);
    return Number.isNaN(coefficient)
      ? { coefficient: 1, factors }
      : { coefficient, factors: factors.slice(1) };
  });
}

/** The canonical form of a sum of terms. */
function fromTerms(terms: readonly DimTerm[]): Dim {
  const coefficients = new Map<string, number>();
  for (const { coefficient, factors } of terms) {
    const key = [...factors].sort().join('*');
    coefficients.set(key, (coefficients.get(key) ?? 0) + coefficient);
  }
  const constant = coefficients.get('') ?? 0;
  const symbolic = [...coefficients.keys()].filter((key) => key !== '' && coefficients.get(key));
  if (symbolic.length === 0) return constant;
  const written = symbolic.sort().map((key) => {
    const coefficient = coefficients.get(key) ?? 0;
    return coefficient === 1 ? key : `${String(coefficient)}*${key}`;
  });
  return (constant === 0 ? written : [...written, String(constant)]).join('+');
}

/** The sum of dimensions. */
export function addDims(...dims: readonly Dim[]): Dim {
  return fromTerms(dims.flatMap(dimPolynomial));
}

/** The product of dimensions: the number of elements of a block of that shape. */
export function multiplyDims(...dims: readonly Dim[]): Dim {
  return dims.reduce<Dim>(
    (product, dim) =>
      fromTerms(
        dimPolynomial(product).flatMap((a) =>
          dimPolynomial(dim).map((b) => ({
            coefficient: a.coefficient * b.coefficient,
            factors: [...a.factors, ...b.factors],
          })),
        ),
      ),
    1,
  );
}

/** The difference `a − b`. */
export function differenceOfDims(a: Dim, b: Dim): Dim {
  return addDims(a, multiplyDims(-1, b));
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}
