const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Parses a decimal number such as `-1.5e-3`; NaN for anything else. `Number` also accepts
 * hexadecimal, octal and binary digits, `Infinity`, and empty text as 0.
 */
export function parseDecimal(text: string): number {
  return DECIMAL.test(text) ? Number(text) : NaN;
}
