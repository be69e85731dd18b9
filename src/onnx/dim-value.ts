import { WeightspringError } from '../errors.js';
import { dimPolynomial, type Dim } from './dim.js';

/** Values of symbols: `batch`, `h1`, … */
export type DimValues = Readonly<Record<string, number>>;

/**
 * The value of a dimension for given values of its symbols.
 *
 * @throws WeightspringError `invalid-argument` for a symbol without a value
 */
export function dimValue(dim: Dim, values: DimValues): number {
  return dimPolynomial(dim).reduce(
    (sum, { coefficient, factors }) =>
      sum + factors.reduce((product, symbol) => product * valueOf(symbol, values), coefficient),
    0,
  );
}

function valueOf(symbol: string, values: DimValues): number {
  const value = values[symbol];
  if (value !== undefined) return value;
  throw new WeightspringError(
    'invalid-argument',
    `expected a value for the dimension '${symbol}', got ${JSON.stringify(values)}`,
  );
}
