const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * A number as tables and people write it, `-1.5e-3`, or NaN for anything else: `Number` would also
 * take hexadecimal, octal and binary digits, `Infinity`, and nothing at all for 0.
 */
export function parseDecimal(text: string): number {
  return DECIMAL.test(text) ? Number(text) : NaN;
}
