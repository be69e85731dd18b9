/** `2×10⁻⁵`, `10⁶`, `−3×10⁷`. */
export function formatPower(value: number): string {
  if (value === 0) return '0';
  // Removes rounding noise: 3.0000000000000004e-6.
  const cleaned = Number(Math.abs(value).toPrecision(12));
  const [digits = '', exponent = '0'] = cleaned.toExponential().split('e');
  const power = `10${Array.from(String(Number(exponent)), (c) => SUPERSCRIPTS[c] ?? c).join('')}`;
  return `${value < 0 ? '−' : ''}${digits === '1' ? power : `${digits}×${power}`}`;
}

const SUPERSCRIPTS: Readonly<Record<string, string>> = {
  '-': '⁻',
  '0': '⁰',
  '1': '¹',
  '2': '²',
  '3': '³',
  '4': '⁴',
  '5': '⁵',
  '6': '⁶',
  '7': '⁷',
  '8': '⁸',
  '9': '⁹',
};
