import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import { WeightspringError, type JobLimits, type NetworkSource } from '../../src/index.js';
import { callerOf } from '../identity/caller.js';
import type { NetworkQuota } from '../limits/network-quota.js';
import type { Log } from '../log.js';
import { planJob } from '../plan-job.js';
import { RequestError } from '../problems.js';
import { requestId } from '../request-id.js';
import { idempotencyKey, IDEMPOTENCY_KEY } from './idempotency-key.js';
import { jobDocument, jobHref } from './job-document.js';
import { jobIds } from './job-id.js';
import type { JobRequest } from './job-schemas.js';
import type { NewJob } from './job.js';
import type { Jobs } from './jobs.js';

export interface AcceptJobOptions {
  readonly jobs: Jobs;
  readonly source: NetworkSource;
  readonly limits: JobLimits;
  /** Why the device is refused, if so. */
  readonly deviceFault: () => string | undefined;
  readonly quota: NetworkQuota;
  readonly log: Log;
}

/** Answers a request with a job: 202, once it is on the disk. */
export type AcceptJob = (req: Request, res: Response, asked: JobRequest) => Promise<void>;

/**
 * Accepts jobs. A request is checked as if it were answered at once; a seed that it leaves out is
 * drawn now, so that every run of the job gives the same.
 */
export function acceptJob({
  jobs,
  source,
  limits,
  deviceFault,
  quota,
  log,
}: AcceptJobOptions): AcceptJob {
  const nextId = jobIds();
  return async (req, res, asked) => {
    const key = idempotencyKey(req);
    const { job: planned } = await planJob(asked.request, source, limits);
    const fault = deviceFault();
    if (fault !== undefined) throw new WeightspringError('provider-unavailable', fault);
    quota.take(res, planned.count);
    const { client, owner, key: apiKey } = callerOf(res);
    const request = { ...asked.request, seed: planned.seed };
    const { guide, ...shown } = request;
    const createdAt = Date.now();
    const accepted: NewJob = {
      id: nextId(),
      kind: asked.kind,
      request: shown,
      owner,
      client,
      priority: asked.priority,
      deadlineAt: createdAt + asked.deadlineMs,
      idempotencyKey: key,
      fingerprint: fingerprintOf(asked),
      createdAt,
      progress: { done: 0, total: planned.count },
    };
    const payload = guide === undefined ? shown : { ...shown, guide };
    const { job, isNew } = await storing(log, () =>
      jobs.store.add(accepted, payload, jobs.mostUnfinished),
    );
    if (job.fingerprint !== accepted.fingerprint) throw reused();
    if (isNew) {
      log('info', 'job-accepted', {
        jobId: job.id,
        kind: job.kind,
        key: apiKey?.id,
        requestId: requestId(res),
      });
      jobs.wake();
    }
    res
      .status(202)
      .location(jobHref(job.id))
      .json(jobDocument(job, (id) => jobs.artefacts.has(id, owner)));
  };
}

/** What two requests have in common that ask for the same. */
function fingerprintOf(asked: JobRequest): string {
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex');
}

/** @throws WeightspringError `overloaded` where the store fails: its disk is full, say */
async function storing<T>(log: Log, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof WeightspringError) throw error;
    log('error', 'job-store-failed', { reason: String(error) });
    throw new WeightspringError(
      'overloaded',
      'jobs cannot be stored at the moment; ask again later',
      { cause: error, retryAfterSeconds: 30 },
    );
  }
}

function reused(): RequestError {
  return new RequestError(
    'idempotency-key-reused',
    `another request had this ${IDEMPOTENCY_KEY}: take a new key for a new request, or repeat the ` +
      'earlier one as it was',
  );
}
