/** A marked place on an axis. */
export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** The step of 1, 2 or 5 times a power of ten that splits `range` into about `count` parts. */
export function niceStep(range: number, count: number): number {
  const rough = range / Math.max(count, 1);
  const exponent = Math.floor(Math.log10(rough));
  const mantissa = rough / powerOfTen(exponent);
  const digit = mantissa < 1.5 ? 1 : mantissa < 3.5 ? 2 : mantissa < 7.5 ? 5 : 10;
  return digit === 10 ? powerOfTen(exponent + 1) : digit * powerOfTen(exponent);
}

/** Multiples of the nice step inside [min, max], about `count` of them. */
export function linearTicks(min: number, max: number, count: number): readonly Tick[] {
  const step = niceStep(max - min, count);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const slack = step * 1e-9;
  const first = Math.ceil((min - slack) / step);
  const last = Math.floor((max + slack) / step);
  const values = Array.from({ length: last - first + 1 }, (_, i) => clean((first + i) * step));
  const largest = Math.max(Math.abs(min), Math.abs(max));
  const plain = largest < 1e6 && decimals <= 4;
  return values.map((value) => ({
    value,
    label: plain ? formatPlain(value, decimals) : formatPower(value),
  }));
}

/**
 * Ticks of a logarithmic axis: powers of ten where the axis spans several, with 2 and 5 times them
 * where it spans few, and linear ticks where it spans less than fits that.
 */
export function logTicks(min: number, max: number, count: number): readonly Tick[] {
  const low = Math.floor(Math.log10(min));
  const high = Math.ceil(Math.log10(max));
  const decades = Math.log10(max / min);
  const digits = decades <= count / 3 ? [1, 2, 5] : [1];
  const stride = Math.max(1, Math.ceil(decades / count));
  const values: number[] = [];
  for (let exponent = Math.ceil(low / stride) * stride; exponent <= high; exponent += stride) {
    for (const digit of digits) {
      const value = digit * powerOfTen(exponent);
      if (value >= min * (1 - 1e-9) && value <= max * (1 + 1e-9)) values.push(value);
    }
  }
  if (values.length < 3) return linearTicks(min, max, count);
  const plain = min >= 1e-3 && max <= 1e5;
  return values.map((value) => ({
    value,
    label: plain
      ? formatPlain(value, Math.max(0, -Math.floor(Math.log10(value) + 1e-9)))
      : formatPower(value),
  }));
}

/** The largest of 1, 2 and 5 times a power of ten that is at most `value` > 0. */
export function niceBelow(value: number): number {
  const unit = powerOfTen(Math.floor(Math.log10(value) + 1e-9));
  const mantissa = value / unit + 1e-9;
  return (mantissa < 2 ? 1 : mantissa < 5 ? 2 : 5) * unit;
}

/** Ten to an integer power, correctly rounded, which `10 ** k` is not on every platform. */
export function powerOfTen(exponent: number): number {
  return Number(`1e${String(exponent)}`);
}

/** `12,000`, `−0.25`: fixed decimals, grouped thousands, a true minus sign. */
function formatPlain(value: number, decimals: number): string {
  const [whole = '', fraction] = Math.abs(value).toFixed(decimals).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const sign = value < 0 ? '−' : '';
  return fraction === undefined ? `${sign}${grouped}` : `${sign}${grouped}.${fraction}`;
}

/** `2×10⁻⁵`, `10⁶`. */
function formatPower(value: number): string {
  if (value === 0) return '0';
  const [digits = '', exponent = '0'] = Math.abs(value).toExponential().split('e');
  const power = `10${Array.from(String(Number(exponent)), (c) => SUPERSCRIPTS[c] ?? c).join('')}`;
  return `${value < 0 ? '−' : ''}${digits === '1' ? power : `${digits}×${power}`}`;
}

/** Multiples of a step without the last bits' noise: 0.30000000000000004 → 0.3. */
function clean(value: number): number {
  return Number(value.toPrecision(12));
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
