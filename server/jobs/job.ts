/** Where a job may be. The last three are final. */
export const JOB_STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type JobState = (typeof JOB_STATES)[number];

export const JOB_KINDS = ['networks'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** A file that a job made. */
export interface JobFile {
  /** SHA-256 of its bytes, hexadecimal. */
  readonly id: string;
  readonly fileName: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
}

/** Why a job failed: what an answer to the same request would have said. */
export interface JobProblem {
  readonly code: string;
  readonly detail: string;
  readonly field?: string;
}

export interface JobProgress {
  readonly done: number;
  readonly total: number;
}

/** What a job is accepted with. Times are milliseconds since 1970. */
export interface NewJob {
  /** Later jobs have greater ids. */
  readonly id: string;
  readonly kind: JobKind;
  /** The request as shown, JSON; what only the run needs is the payload. */
  readonly request: Readonly<Record<string, unknown>>;
  /** Who may see it: the id of a key; empty, so everybody, where the service has no keys. */
  readonly owner: string;
  /** Who shares the service with others: jobs of different clients take turns. */
  readonly client: string;
  /** Higher first, among the jobs of a client. */
  readonly priority: number;
  readonly deadlineAt: number;
  /** One job for each key of an owner; null for none. */
  readonly idempotencyKey: string | null;
  /** SHA-256 of what was asked, by which a repeated request is told from another one. */
  readonly fingerprint: string;
  readonly createdAt: number;
  readonly progress: JobProgress;
}

/** A job as it is stored. */
export interface Job extends NewJob {
  readonly state: JobState;
  /** Counts the changes, from 1. */
  readonly version: number;
  /** How often it was started. */
  readonly attempts: number;
  /** The latest start; null if it never ran. */
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** The files of a job that succeeded. */
  readonly files: readonly JobFile[] | null;
  readonly problem: JobProblem | null;
}

/** What may change of a job. */
export type JobChange = Partial<
  Pick<Job, 'state' | 'attempts' | 'startedAt' | 'finishedAt' | 'progress' | 'files' | 'problem'>
>;

/** A change of a job, as those who watch it hear of it. */
export interface JobEvent extends Pick<
  Job,
  'version' | 'state' | 'attempts' | 'progress' | 'problem'
> {
  readonly at: number;
}

export function isFinal(state: JobState): boolean {
  return state !== 'queued' && state !== 'running';
}

/** A job as it is when it has been accepted. */
export function acceptedJob(job: NewJob): Job {
  return {
    ...job,
    state: 'queued',
    version: 1,
    attempts: 0,
    startedAt: null,
    finishedAt: null,
    files: null,
    problem: null,
  };
}

/** @param at - when it changed, in milliseconds since 1970 */
export function eventOf(job: Job, at: number): JobEvent {
  const { version, state, attempts, progress, problem } = job;
  return { version, state, attempts, progress, problem, at };
}
