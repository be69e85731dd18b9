import type { Database, RootDatabase } from 'lmdb';
import type { Job, JobEvent } from './job.js';

/** The tables of jobs in an LMDB environment. */
export interface JobTables {
  readonly jobs: Database<Job, string>;
  /** What the runs of unfinished jobs need, by job. */
  readonly payloads: Database<unknown, string>;
  /** By job and version. */
  readonly events: Database<JobEvent, [string, number]>;
  /** Ids of jobs, by owner and idempotency key. */
  readonly keys: Database<string, string[]>;
  /** Ids of the jobs that are queued or running. */
  readonly unfinished: Database<true, string>;
  /** The others, by when they ended and id. */
  readonly finished: Database<true, [number, string]>;
}

/** JSON, since it keeps exactly what requests and answers consist of. */
const JSON_VALUES = { encoding: 'json' } as const;

export function openJobTables(root: RootDatabase): JobTables {
  return {
    jobs: root.openDB('jobs', JSON_VALUES),
    payloads: root.openDB('payloads', JSON_VALUES),
    events: root.openDB('events', JSON_VALUES),
    keys: root.openDB('keys', JSON_VALUES),
    unfinished: root.openDB('unfinished', JSON_VALUES),
    finished: root.openDB('finished', JSON_VALUES),
  };
}

/** The key of a job in {@link JobTables.keys}; undefined for a job without one. */
export function keyOf({
  owner,
  idempotencyKey,
}: Pick<Job, 'owner' | 'idempotencyKey'>): string[] | undefined {
  if (idempotencyKey === null) return undefined;
  return [owner, idempotencyKey];
}
