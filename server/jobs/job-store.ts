import type { Job, JobChange, JobEvent, JobState, NewJob } from './job.js';

/** Which jobs to list. */
export interface JobQuery {
  /** Only those of this owner. Default: of all. */
  readonly owner?: string;
  readonly state?: JobState;
  /** Only jobs before the one with this id. Default: from the newest. */
  readonly before?: string;
  readonly limit: number;
}

/** Jobs, newest first. */
export interface JobPage {
  readonly jobs: readonly Job[];
  /**
   * What to continue with as `before`; null after the last job. A page may have fewer jobs than its
   * limit, even none, and still go on.
   */
  readonly next: string | null;
}

/** A job that was claimed, with what only its run needs. */
export interface ClaimedJob {
  readonly job: Job;
  readonly payload: unknown;
}

/** The state that a change expects; another one means that somebody else was first. */
export interface ExpectedJob {
  readonly state: JobState;
  /** Tells one run of a job from a later one. Default: any. */
  readonly attempts?: number;
}

/**
 * Keeps jobs, the queue of those that wait, and their history.
 *
 * What a promise of it tells is on the disk: a job whose `add` was resolved is there after any crash.
 * All implementations pass one suite, `tests/server/jobs/store-conformance.ts`.
 */
export interface JobStore {
  /**
   * Accepts a job, unless its owner has one of the same idempotency key: then that one is returned,
   * with `isNew` false, and nothing changes.
   *
   * @param payload - JSON that only the run needs, forgotten when the job ends
   * @param mostUnfinished - jobs that may be queued or running together
   * @throws WeightspringError `overloaded` beyond it
   */
  add(
    job: NewJob,
    payload: unknown,
    mostUnfinished: number,
  ): Promise<{ readonly job: Job; readonly isNew: boolean }>;
  get(id: string): Promise<Job | undefined>;
  list(query: JobQuery): Promise<JobPage>;
  /**
   * Takes the next job that waits: `running`, with one more attempt. Clients take turns; among those
   * of one client the highest priority comes first, then the oldest.
   *
   * @param mostPerClient - running jobs that a client may have
   * @param now - milliseconds since 1970, its `startedAt`
   */
  claim(mostPerClient: number, now: number): Promise<ClaimedJob | undefined>;
  /**
   * Changes a job if it is as expected, and notes the event.
   *
   * @returns the changed job; undefined if there is none, or not as expected
   */
  update(
    id: string,
    expected: ExpectedJob,
    change: JobChange,
    now: number,
  ): Promise<Job | undefined>;
  /** The events of a job whose version is greater than `after`, oldest first. */
  events(id: string, after: number): Promise<readonly JobEvent[]>;
  /** Calls `onChange` after each change of a job. @returns a function that stops it */
  watch(id: string, onChange: () => void): () => void;
  /** Ids of the unfinished jobs whose deadline is before `now`. */
  overdue(now: number): Promise<readonly string[]>;
  /** Forgets finished jobs: those that ended before a time, and the oldest beyond a number. */
  prune(endedBefore: number, most: number): Promise<void>;
  counts(): { readonly queued: number; readonly running: number };
  close(): Promise<void>;
}
