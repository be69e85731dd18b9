import type { Device } from '../devices/device.js';
import { WeightspringError, type ErrorCode } from '../errors.js';
import type { FlowCatalogue } from '../flows/flow-catalogue.js';
import type { GeneratedNetwork, NetworkArchive } from '../formats/generated-network.js';
import type { SampleJob } from '../sampling/sample-job.js';
import type { SamplerOptions } from '../sampling/network-sampler.js';

/** File descriptor on which a worker process exchanges messages with the pool. */
export const MESSAGE_FD = 3;

/** The answer to a job: its networks, or an archive of them. */
export type Packaging = 'networks' | 'archive';

export interface JobResults {
  readonly networks: readonly GeneratedNetwork[];
  readonly archive: NetworkArchive;
}

export type JobResult = JobResults[Packaging];

/** What a worker reports once its sampler is open. */
export interface OpenedSampler extends FlowCatalogue {
  readonly device: Device;
}

/** A job as sent to a worker. */
export interface WorkerJob {
  readonly id: number;
  readonly job: SampleJob;
  readonly packaging: Packaging;
}

/** From the pool to a worker. A worker gets `open` first and then one batch of jobs at a time. */
export type PoolMessage =
  | { readonly type: 'open'; readonly options: SamplerOptions }
  | { readonly type: 'sample'; readonly batch: readonly WorkerJob[] }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'close' };

/** From a worker to the pool. */
export type WorkerMessage =
  | ({ readonly type: 'ready' } & OpenedSampler)
  | { readonly type: 'open-failed'; readonly error: ErrorRecord }
  | { readonly type: 'result'; readonly id: number; readonly result: JobResult }
  | { readonly type: 'job-failed'; readonly id: number; readonly error: ErrorRecord };

/** Whether a value from a worker's channel is a message; a broken process may send anything. */
export function isWorkerMessage(message: unknown): message is WorkerMessage {
  if (typeof message !== 'object' || message === null) return false;
  const { type, id, flows, refused, device, result, error } = message as Record<string, unknown>;
  switch (type) {
    case 'ready':
      return Array.isArray(flows) && Array.isArray(refused) && isObject(device);
    case 'open-failed':
      return isObject(error);
    case 'result':
      return typeof id === 'number' && isObject(result);
    case 'job-failed':
      return typeof id === 'number' && isObject(error);
    default:
      return false;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** An error as sent between processes. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  readonly message: string;
  readonly field?: string;
}

/** Errors without a code of ours become `internal`. */
export function toErrorRecord(error: unknown): ErrorRecord {
  if (error instanceof WeightspringError) {
    const { code, message, field } = error;
    return field === undefined ? { code, message } : { code, message, field };
  }
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}

export function fromErrorRecord({ code, message, ...options }: ErrorRecord): WeightspringError {
  return new WeightspringError(code, message, options);
}
