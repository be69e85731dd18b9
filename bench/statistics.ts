import { performance } from 'node:perf_hooks';

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

export interface RepetitionOptions {
  /** Rounds that count. */
  readonly rounds: number;
  /** Rounds before them that do not. Default 1. */
  readonly warmUps?: number;
}

/**
 * Median times of several runs, in ms and in their order. The runs take turns, so that whatever
 * slows the machine for a while slows all of them.
 */
export async function medianTimesMs<const Runs extends readonly (() => Promise<unknown>)[]>(
  runs: Runs,
  { rounds, warmUps = 1 }: RepetitionOptions,
): Promise<{ readonly [Index in keyof Runs]: number }> {
  const times = runs.map((): number[] => []);
  for (let round = -warmUps; round < rounds; round++) {
    for (const [index, run] of runs.entries()) {
      const ms = await timeMs(run);
      if (round >= 0) times[index]?.push(ms);
    }
  }
  return times.map(median) as { readonly [Index in keyof Runs]: number };
}
