/** Beyond it erf(x) is ±1 in double precision: erfc(6) < 2.2 · 10⁻¹⁷. */
const SATURATION = 6;

/** Power series below, continued fraction above, where it converges faster. */
const SERIES_LIMIT = 3;

/** Levels of the continued fraction: enough for 10⁻¹⁷ absolute at {@link SERIES_LIMIT}. */
const FRACTION_DEPTH = 24;

/**
 * The error function in double precision, `erf(x) = 2/√π ∫₀ˣ e^{−s²} ds`, within 10⁻¹⁵.
 *
 * NaN gives NaN, ±∞ gives ±1.
 *
 * @see NIST Digital Library of Mathematical Functions, 7.6.2 (series) and 7.9.2 (continued fraction)
 */
export function erf(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude >= SATURATION) return Math.sign(x);
  if (magnitude >= SERIES_LIMIT) return Math.sign(x) * (1 - erfcFraction(magnitude));
  return erfSeries(x);
}

/** `erf(x) = 2/√π e^{−x²} Σ_n 2ⁿ x^{2n+1} / (1·3·…·(2n+1))`: terms of one sign, so nothing cancels. */
function erfSeries(x: number): number {
  const doubledSquare = 2 * x * x;
  let term = x;
  let sum = x;
  for (let odd = 3; Math.abs(term) > Math.abs(sum) * Number.EPSILON * 0.25; odd += 2) {
    term *= doubledSquare / odd;
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** `erfc(x) = e^{−x²}/√π · 1/(x + (1/2)/(x + (2/2)/(x + (3/2)/(x + …))))`, from the innermost level. */
function erfcFraction(x: number): number {
  let denominator = x;
  for (let level = FRACTION_DEPTH; level >= 1; level--) denominator = x + level / 2 / denominator;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * denominator);
}
