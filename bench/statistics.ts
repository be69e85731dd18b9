import { performance } from 'node:perf_hooks';
import process from 'node:process';

/** The q-quantile by nearest rank: the smallest value that q·n values do not exceed. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(Math.ceil(q * sorted.length) - 1, 0)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** How long one call takes, in ms. */
export async function timeMs(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/**
 * How long the processors work for one call, in ms, summed over threads: what a call on one thread
 * takes on an idle machine, also where this one has other work.
 */
export async function processorMs(run: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

export interface RepetitionOptions {
  /** Rounds that count. */
  readonly rounds: number;
  /** Rounds before them that do not. Default 1. */
  readonly warmUps?: number;
  /** What is measured of a run. Default {@link timeMs}. */
  readonly measure?: (run: () => Promise<unknown>) => Promise<number>;
}

/**
 * Median times of several runs, in ms and in their order. The runs take turns, so that whatever
 * slows the machine for a while slows all of them; a call of the same run that does not count goes
 * before each that does, so that none pays for what another left in caches and garbage.
 */
export async function medianTimesMs<const Runs extends readonly (() => Promise<unknown>)[]>(
  runs: Runs,
  { rounds, warmUps = 1, measure = timeMs }: RepetitionOptions,
): Promise<{ readonly [Index in keyof Runs]: number }> {
  const times = runs.map((): number[] => []);
  for (let round = -warmUps; round < rounds; round++) {
    for (const [index, run] of runs.entries()) {
      await run();
      const ms = await measure(run);
      if (round >= 0) times[index]?.push(ms);
    }
  }
  return times.map(median) as { readonly [Index in keyof Runs]: number };
}

/**
 * The exponent a of the power law `y = c·xᵃ` that fits best: the slope of the least-squares line
 * through the logarithms.
 */
export function fittedExponent(points: readonly (readonly [x: number, y: number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (axis: 0 | 1): number => logs.reduce((sum, log) => sum + log[axis], 0) / logs.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  const sums = logs.reduce(
    ({ xy, xx }, [x, y]) => ({
      xy: xy + (x - meanX) * (y - meanY),
      xx: xx + (x - meanX) ** 2,
    }),
    { xy: 0, xx: 0 },
  );
  return sums.xy / sums.xx;
}
