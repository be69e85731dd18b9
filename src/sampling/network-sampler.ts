import type { Device, DeviceChoice } from '../devices/device.js';
import type { RefusedFlow } from '../flows/flow-catalogue.js';
import type { FlowSummary } from '../flows/flow-summary.js';
import type { ModelsDir } from '../flows/models-dir.js';
import type { GeneratedNetwork } from '../formats/generated-network.js';
import type { SampleJob } from './sample-job.js';

/** Default memory limit of one evaluation, in bytes. */
export const DEFAULT_MEMORY_BYTES = 2 ** 30;

/** How a sampler is opened, in this process or in a worker. */
export interface SamplerOptions {
  /** Folder of the flows, or several: of flows of one name, that of the first counts. */
  readonly modelsDir: ModelsDir;
  /** Most threads of one evaluation on the CPU; small ones get one. Default: one per core. */
  readonly threads?: number;
  /** Device to compute on, with the CPU as fallback. Default `cpu`. */
  readonly device?: DeviceChoice;
  /**
   * Memory limit of one evaluation of a velocity network, in bytes, not counting sessions and
   * finished networks; default {@link DEFAULT_MEMORY_BYTES}. Batches are split to stay within it,
   * and a network that does not fit alone is refused.
   */
  readonly memoryBytes?: number;
  /** Open the sessions of the most common jobs in advance; default false. */
  readonly warm?: boolean;
}

/** A job of a batch. */
export interface BatchedJob {
  readonly job: SampleJob;
  readonly signal?: AbortSignal | undefined;
}

/** Outcome of the job at a position of a batch: its networks, or the error. */
export type BatchOutcome =
  | { readonly position: number; readonly networks: readonly GeneratedNetwork[] }
  | { readonly position: number; readonly error: unknown };

/** What a worker needs of a sampler; `sampler.ts` is the real one. */
export interface NetworkSampler {
  readonly device: Device;
  flows(): readonly FlowSummary[];
  refused(): readonly RefusedFlow[];
  /**
   * Runs jobs of one {@link batchKey} together: each gets the networks that it would get alone, or
   * its own error, as soon as it is complete. It yields to the event loop between steps, so that a
   * cancellation can arrive.
   */
  sampleTogether(batch: readonly BatchedJob[]): AsyncIterable<BatchOutcome>;
  close(): Promise<void>;
}
