import type { JobLimits, NetworkSource } from '../../src/index.js';
import type { Configuration } from '../configuration.js';
import type { Log } from '../log.js';
import { Jobs } from './jobs.js';

export interface OpenJobsOptions {
  readonly configuration: Configuration;
  readonly source: NetworkSource;
  readonly limits: JobLimits;
  readonly log: Log;
}

/**
 * The jobs that the configuration asks for; undefined for none, and then nothing of them is loaded.
 *
 * @throws WeightspringError as `openJobState` says, with the source closed
 */
export async function openJobs({
  configuration,
  source,
  limits,
  log,
}: OpenJobsOptions): Promise<Jobs | undefined> {
  const { stateDir, stateBytes, stateMs, jobsAtOnce, workers } = configuration;
  if (stateDir === '') return undefined;
  try {
    const { openJobState } = await import('./open-job-state.js');
    return new Jobs({
      state: await openJobState({ folder: stateDir, maxBytes: stateBytes, maxAgeMs: stateMs, log }),
      source,
      limits,
      mostUnfinished: configuration.jobLimit,
      // The other processes are left to requests that somebody waits for.
      most: jobsAtOnce || Math.max(1, Math.floor(workers / 2)),
      mostPerClient: configuration.clientJobs,
      keepMs: stateMs,
      writeTimeoutMs: configuration.writeTimeoutMs,
      log,
    });
  } catch (error) {
    await source.close();
    throw error;
  }
}
