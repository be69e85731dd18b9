import type { Device } from '../devices/device.js';
import type { FlowChanges, RefusedFlow } from '../flows/flow-catalogue.js';
import type { FlowSummary } from '../flows/flow-summary.js';
import type { GeneratedNetwork, NetworkArchive } from '../formats/generated-network.js';
import type { SampleJob } from '../sampling/sample-job.js';

/** The state of a pool at one moment. */
export interface PoolHealth {
  /** Workers that have loaded the flows and take jobs. */
  readonly alive: number;
  readonly busy: number;
  /** Jobs that wait for a worker. */
  readonly queued: number;
  readonly closing: boolean;
}

/** Generates networks outside the calling thread. */
export interface NetworkSource {
  flows(): readonly FlowSummary[];
  /** What the models folder holds that is not served. */
  refused(): readonly RefusedFlow[];
  /**
   * Reads the models folder again; jobs that have been accepted keep the flows that they were
   * planned with. Callers that share a turn get the same object, or the same error.
   *
   * @throws WeightspringError `reload-failed` when the folder cannot be read: the flows of before
   *   stay
   */
  reload(): Promise<FlowChanges>;
  /** Where the networks are computed; one that stands in for another where any worker has such. */
  device(): Device;
  /**
   * @throws WeightspringError `overloaded` when too many jobs wait, `cancelled` after `signal`
   *   aborts, `job-timeout` when the job takes too long, `worker-lost` when two processes ended with
   *   it, and whatever the sampler throws
   */
  sample(job: SampleJob, signal?: AbortSignal): Promise<readonly GeneratedNetwork[]>;
  /** As {@link sample}, with the networks and a manifest packed into one zip file. */
  archive(job: SampleJob, signal?: AbortSignal): Promise<NetworkArchive>;
  health(): PoolHealth;
  close(): Promise<void>;
}
