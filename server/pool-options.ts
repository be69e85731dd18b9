import type { SamplerPoolOptions } from '../src/index.js';
import type { Configuration } from './configuration.js';

/** The settings of the pool. */
export function poolOptions({
  modelsDir,
  workers,
  threads,
  memoryBytes,
  device,
  queueLimit,
  batchWindowMs,
  jobTimeoutMs,
  drainMs,
}: Configuration): SamplerPoolOptions {
  return {
    modelsDir,
    workers,
    // 0 leaves it to the pool, which shares the cores.
    ...(threads === 0 ? {} : { threads }),
    memoryBytes,
    device,
    queueLimit,
    batchWindowMs,
    jobTimeoutMs,
    drainMs,
  };
}
