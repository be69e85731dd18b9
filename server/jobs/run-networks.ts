import { setTimeout as delay } from 'node:timers/promises';
import {
  piecesOf,
  WeightspringError,
  type JobLimits,
  type NetworkSource,
} from '../../src/index.js';
import { toArtefact } from '../artefact-of-network.js';
import { LONG_FIELDS } from '../guide-schema.js';
import type { Metrics } from '../metrics.js';
import { planJob } from '../plan-job.js';
import { networkRequestSchema } from '../schemas.js';
import { validate } from '../validate.js';
import type { JobFile } from './job.js';
import type { JobControl, RunJob } from './job-runner.js';
import type { StoredArtefacts } from './stored-artefacts.js';

export interface NetworksRunOptions {
  readonly source: NetworkSource;
  readonly limits: JobLimits;
  readonly artefacts: Pick<StoredArtefacts, 'put'>;
  /** Why the device is refused, if so. */
  readonly deviceFault: () => string | undefined;
  readonly metrics: Pick<Metrics, 'countNetworks'>;
}

/**
 * Draws the networks of a job in pieces, between which others have their turn, and keeps each as a
 * file. The payload is the request with its seed, so that a second run gives the same files, as long
 * as the flow is the same.
 */
export function runNetworks(options: NetworksRunOptions): RunJob {
  const { source, limits, artefacts, deviceFault, metrics } = options;
  return async ({ job: { client, owner }, payload }, control) => {
    // It may have been stored by another release.
    const request = validate(networkRequestSchema, payload, LONG_FIELDS);
    const { job, extrapolated } = await planJob(request, source, limits);
    const fault = deviceFault();
    if (fault !== undefined) throw new WeightspringError('provider-unavailable', fault);
    const files: JobFile[] = [];
    let done = 0;
    // The members of an ensemble become one file.
    for (const piece of job.ensemble === undefined ? piecesOf(job) : [job]) {
      if (done > 0) await control.report(done);
      const networks = await inTurn(control, () => source.sample(piece, control.signal, client));
      metrics.countNetworks(job.flow, piece.count);
      const made = networks.map((network) => toArtefact(job, network, extrapolated));
      await artefacts.put(made, owner);
      for (const { id, fileName, mediaType, bytes } of made) {
        files.push({ id, fileName, mediaType, sizeBytes: bytes.byteLength });
      }
      done += piece.count;
    }
    return files;
  };
}

/** Where the pool does not say when to ask again. */
const WAIT_SECONDS = 1;

/** Draws once the queue has room: requests that somebody waits for go first. */
async function inTurn<T>({ pause }: JobControl, draw: () => Promise<T>): Promise<T> {
  for (;;) {
    if (pause.aborted) throw new WeightspringError('cancelled', 'the job was stopped');
    try {
      return await draw();
    } catch (error) {
      if (!(error instanceof WeightspringError && error.code === 'overloaded')) throw error;
      const waitMs = 1_000 * (error.retryAfterSeconds ?? WAIT_SECONDS);
      await delay(waitMs, undefined, { signal: pause }).catch(() => undefined);
    }
  }
}
