import { availableParallelism } from 'node:os';
import { Option } from 'commander';
import type { Engine } from '../training/engine.js';
import { integerParser } from './options.js';

/** With so many an update on an H100 no longer waits for its batch. */
const MOST_THREADS = 4;

export const couplingThreadsOption = (): Option =>
  new Option(
    '--coupling-threads <count>',
    'threads that pair noise with networks ahead of the updates, which changes no batch ' +
      `(default: with CUDA up to ${MOST_THREADS}, else 0)`,
  ).argParser(integerParser(0, 256));

/** On the CPU an update takes the cores itself. */
export function usualCouplingThreads({ name }: Pick<Engine, 'name'>): number {
  return name === 'ort-cuda' ? Math.min(MOST_THREADS, availableParallelism() - 1) : 0;
}
