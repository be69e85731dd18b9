import { PROBLEMS, problemType, type ProblemCode } from '../problems.js';
import type { Job, JobEvent, JobProblem } from './job.js';
import type { JobDocument, JobEventDocument, ListedJob } from './job-schemas.js';

export function jobHref(id: string): string {
  return `/v1/jobs/${id}`;
}

/** A job as a list shows it. */
export function listedJob(job: Job): ListedJob {
  const { id, kind, state, priority, attempts, progress } = job;
  return {
    id,
    kind,
    state,
    href: jobHref(id),
    priority,
    createdAt: isoTime(job.createdAt),
    startedAt: isoTimeOrNull(job.startedAt),
    finishedAt: isoTimeOrNull(job.finishedAt),
    deadlineAt: isoTime(job.deadlineAt),
    attempts,
    progress,
    problem: problemOrNull(job.problem),
  };
}

/** @param isKept - whether a file can still be fetched */
export function jobDocument(job: Job, isKept: (id: string) => boolean): JobDocument {
  const files = job.files?.map((file) => ({
    ...file,
    href: isKept(file.id) ? `/v1/networks/${file.id}` : null,
  }));
  return {
    ...listedJob(job),
    // As the schema gave it when the job was accepted.
    request: job.request as JobDocument['request'],
    files: files ?? null,
  };
}

export function eventDocument({
  state,
  at,
  attempts,
  progress,
  problem,
}: JobEvent): JobEventDocument {
  return { state, at: isoTime(at), attempts, progress, problem: problemOrNull(problem) };
}

function problemOrNull(problem: JobProblem | null): ListedJob['problem'] {
  if (problem === null) return null;
  const { code, detail, field } = problem;
  // A code of another release is still told, as an internal error.
  const known = PROBLEMS[(code in PROBLEMS ? code : 'internal') as ProblemCode];
  return {
    type: problemType(code),
    ...known,
    detail,
    code,
    ...(field === undefined ? {} : { field }),
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

function isoTimeOrNull(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms);
}
