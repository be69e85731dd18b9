import { scaleLinear, scaleLog } from 'd3-scale';
import { formatPower } from './format-power.js';

/** A marked position on an axis. */
export interface Tick {
  readonly value: number;
  /** Empty for a line between labelled ones. */
  readonly label: string;
}

/** An axis of a chart: which values it shows and where. */
export interface Axis {
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly Tick[];
  /** Whether a value can be shown: finite, and positive on a logarithmic axis. */
  shows(value: number): boolean;
  /** Position of a value between `min` (0) and `max` (1). */
  fraction(value: number): number;
}

export interface AxisOptions {
  /** Logarithmic scale; values that are not positive are left out. Default false. */
  readonly log?: boolean;
  /** Ends the axis at round values instead of the outermost ones. Default false. */
  readonly nice?: boolean;
}

type Domain = readonly [min: number, max: number];

/** Approximate number of ticks. */
const TICKS = 6;
/**
 * A logarithmic axis over fewer decades has the ticks of a linear one, since it contains few
 * powers.
 */
const NARROW = 1;

/** The axis that covers all values it can show; without any, a unit interval (or decade). */
export function numericAxis(values: Iterable<number>, options: AxisOptions = {}): Axis {
  return options.log === true ? logAxis(values, options) : linearAxis(values, options);
}

function linearAxis(values: Iterable<number>, { nice = false }: AxisOptions): Axis {
  const shows = Number.isFinite;
  const [low, high] = extent(values, shows) ?? [0, 1];
  const margin = low < high ? 0 : Math.abs(low) / 10 || 1;
  const scale = scaleLinear().domain([low - margin, high + margin]);
  if (nice) scale.nice(TICKS);
  const [min, max] = scale.domain() as [number, number];
  return { min, max, ticks: linearTicks([min, max]), shows, fraction: (value) => scale(value) };
}

function logAxis(values: Iterable<number>, { nice = false }: AxisOptions): Axis {
  const shows = (value: number): boolean => Number.isFinite(value) && value > 0;
  const [low, high] = extent(values, shows) ?? [1, 10];
  const margin = low < high ? 1 : 2;
  const covered: Domain = [low / margin, high * margin];
  const [min, max] = nice ? niceLogDomain(covered) : covered;
  const scale = scaleLog().domain([min, max]);
  const ticks = isNarrow([min, max]) ? linearTicks([min, max]) : logTicks([min, max]);
  return { min, max, ticks, shows, fraction: (value) => scale(value) };
}

/**
 * Ends at powers of ten, or at linear ticks if powers of ten would leave most of the axis empty.
 */
function niceLogDomain(domain: Domain): Domain {
  if (!isNarrow(domain)) return scaleLog().domain(domain).nice().domain() as [number, number];
  const [min, max] = scaleLinear().domain(domain).nice(TICKS).domain() as [number, number];
  return [min > 0 ? min : domain[0], max];
}

function isNarrow([min, max]: Domain): boolean {
  return Math.log10(max / min) < NARROW;
}

function linearTicks(domain: Domain): readonly Tick[] {
  const scale = scaleLinear().domain(domain);
  const values = scale.ticks(TICKS);
  const step = Math.abs((values[1] ?? domain[1]) - (values[0] ?? domain[0]));
  const largest = Math.max(...domain.map(Math.abs));
  const format = largest < 1e6 && step >= 0.99e-4 ? scale.tickFormat(TICKS) : formatPower;
  return values.map((value) => ({ value, label: format(value) }));
}

function logTicks(domain: Domain): readonly Tick[] {
  const scale = scaleLog().domain(domain);
  const [min, max] = domain;
  const format = scale.tickFormat(TICKS, ',');
  const isPlain = min >= 1e-3 && max <= 1e5;
  return scale.ticks(TICKS).map((value) => {
    const label = format(value);
    return { value, label: label === '' || isPlain ? label : formatPower(value) };
  });
}

function extent(values: Iterable<number>, shows: (value: number) => boolean): Domain | undefined {
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    if (!shows(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return min <= max ? [min, max] : undefined;
}
