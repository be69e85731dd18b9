import { availableParallelism } from 'node:os';
import { Option } from 'commander';
import type { Engine } from '../training/engine.js';
import { integerParser } from './options.js';

/** Every thread draws every batch: many more would hardly help. */
const MOST_THREADS = 4;

export const batchThreadsOption = (): Option =>
  new Option(
    '--batch-threads <count>',
    'threads that make batches ahead of the updates, the same ones as without ' +
      `(default: with CUDA up to ${MOST_THREADS}, else 0)`,
  ).argParser(integerParser(0, 256));

/** On the CPU an update takes the cores itself. */
export function usualBatchThreads({ name }: Pick<Engine, 'name'>): number {
  return name === 'ort-cuda' ? Math.min(MOST_THREADS, availableParallelism() - 1) : 0;
}
