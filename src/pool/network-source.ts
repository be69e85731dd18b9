import type { Device } from '../devices/device.js';
import type { FlowChanges, RefusedFlow } from '../flows/flow-catalogue.js';
import type { FlowSummary } from '../flows/flow-summary.js';
import type { GeneratedNetwork, NetworkArchive } from '../formats/generated-network.js';
import type { SampleJob } from '../sampling/sample-job.js';
import type { NetworkDrawer } from '../sampling/sample-networks.js';

/** The current state of a pool. */
export interface PoolHealth {
  /** Workers that have loaded the flows and take jobs. */
  readonly alive: number;
  readonly busy: number;
  /** Jobs that wait for a worker. */
  readonly queued: number;
  readonly closing: boolean;
}

/** Generates networks outside the calling thread. */
export interface NetworkSource extends NetworkDrawer {
  flows(): readonly FlowSummary[];
  /** Entries of models folders that are not served. */
  refused(): readonly RefusedFlow[];
  /**
   * Reads the models folders again; jobs that have been accepted keep the flows that they were
   * planned with. Callers that share a reload get the same object, or the same error.
   *
   * @throws WeightspringError `reload-failed` if the folder cannot be read; the flows stay as
   *   they were
   */
  reload(): Promise<FlowChanges>;
  /** The device that networks are computed on; a fallback if any worker uses one. */
  device(): Device;
  /**
   * The networks of a job, or the one ensemble of them.
   *
   * @param client - whose job it is: clients take turns. Default: one client for all such jobs
   * @throws WeightspringError `overloaded` if too many jobs wait, most of them of this client, `cancelled` after `signal`
   *   aborts, `job-timeout` if the job takes too long, `worker-lost` if two processes ended during
   *   it, and whatever the sampler throws
   */
  sample(
    job: SampleJob,
    signal?: AbortSignal,
    client?: string,
  ): Promise<readonly GeneratedNetwork[]>;
  /** As {@link sample}, with the networks and a manifest packed into one zip file. */
  archive(job: SampleJob, signal?: AbortSignal, client?: string): Promise<NetworkArchive>;
  health(): PoolHealth;
  close(): Promise<void>;
}
