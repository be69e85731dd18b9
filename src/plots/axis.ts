import { linearTicks, logTicks, niceBelow, niceStep, type Tick } from './ticks.js';

/** A direction of a chart: which values it shows and where. */
export interface Axis {
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly Tick[];
  /** Whether a value has a place: finite, and positive on a logarithmic axis. */
  shows(value: number): boolean;
  /** Where a value lies between `min` (0) and `max` (1). */
  fraction(value: number): number;
}

export interface AxisOptions {
  /** Logarithmic; values that are not positive are left out. Default false. */
  readonly log?: boolean;
  /** Ends the axis on ticks (1-2-5) instead of on the outermost values. Default false. */
  readonly nice?: boolean;
  /** About how many ticks. Default 6. */
  readonly tickCount?: number;
}

/** The axis that covers all values it can show; without any, a unit interval (or decade). */
export function numericAxis(values: Iterable<number>, options: AxisOptions = {}): Axis {
  const { log = false, nice = false, tickCount = 6 } = options;
  return log ? logAxis(values, nice, tickCount) : linearAxis(values, nice, tickCount);
}

function linearAxis(values: Iterable<number>, nice: boolean, tickCount: number): Axis {
  let { min, max } = extent(values, Number.isFinite) ?? { min: 0, max: 1 };
  if (min === max) {
    const margin = min === 0 ? 1 : Math.abs(min) / 10;
    min -= margin;
    max += margin;
  }
  if (nice) {
    const step = niceStep(max - min, tickCount);
    min = Math.floor(min / step + 1e-9) * step;
    max = Math.ceil(max / step - 1e-9) * step;
  }
  const range = max - min;
  return {
    min,
    max,
    ticks: linearTicks(min, max, tickCount),
    shows: Number.isFinite,
    fraction: (value) => (value - min) / range,
  };
}

function logAxis(values: Iterable<number>, nice: boolean, tickCount: number): Axis {
  const shows = (value: number): boolean => Number.isFinite(value) && value > 0;
  let { min, max } = extent(values, shows) ?? { min: 1, max: 10 };
  if (min === max) {
    min /= 2;
    max *= 2;
  }
  if (nice) [min, max] = niceLogEnds(min, max, tickCount);
  const start = Math.log10(min);
  const range = Math.log10(max) - start;
  return {
    min,
    max,
    ticks: logTicks(min, max, tickCount),
    shows,
    fraction: (value) => (Math.log10(value) - start) / range,
  };
}

/** Ends on 1-2-5 values; on linear ticks where those would leave most of the axis empty. */
function niceLogEnds(min: number, max: number, tickCount: number): [min: number, max: number] {
  if (max / min > 4) return [niceBelow(min), 1 / niceBelow(1 / max)];
  const step = niceStep(max - min, tickCount);
  const below = Math.floor(min / step + 1e-9) * step;
  return [below > 0 ? below : min, Math.ceil(max / step - 1e-9) * step];
}

function extent(
  values: Iterable<number>,
  shows: (value: number) => boolean,
): { min: number; max: number } | undefined {
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    if (!shows(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return min <= max ? { min, max } : undefined;
}
