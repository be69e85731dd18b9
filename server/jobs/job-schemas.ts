import { z } from 'zod';
import { LONG_FIELDS } from '../guide-schema.js';
import { networkRequestSchema, problemSchema } from '../schemas.js';
import { JOB_KINDS, JOB_STATES } from './job.js';

const DAY_MS = 86_400_000;
/** Bounds of `priority`, to either side of 0. */
const MAX_PRIORITY = 10;
/** Jobs of one page. */
const MAX_PAGE = 100;

const state = z.enum(JOB_STATES).describe('The last three are final.');
const time = z.string().describe('ISO 8601.');
const progress = z
  .object({ done: z.int(), total: z.int() })
  .describe('Networks drawn, of those asked for.');

/** What a job may choose beside its request. */
const jobOptions = {
  priority: z
    .int()
    .min(-MAX_PRIORITY)
    .max(MAX_PRIORITY)
    .default(0)
    .describe('Among the jobs of a client, higher ones run first; clients take turns.'),
  deadlineMs: z
    .int()
    .min(1_000)
    .max(7 * DAY_MS)
    .default(DAY_MS)
    .describe('How long after its acceptance a job that has not ended fails, in ms.'),
};

/** Body of `POST /v1/jobs`. */
export const jobRequestSchema = z.strictObject({
  kind: z.enum(JOB_KINDS),
  request: networkRequestSchema.describe('As the body of POST /v1/networks.'),
  ...jobOptions,
});
export type JobRequest = z.output<typeof jobRequestSchema>;

/** The defaults of {@link jobRequestSchema} for a request that names none. */
export const DEFAULT_JOB_OPTIONS = z.object(jobOptions).parse({});

/** Fields of a job's request that may be longer than others, and bound themselves. */
export const LONG_JOB_FIELDS = LONG_FIELDS.map((field) => `request.${field}`);

const jobProblemSchema = problemSchema
  .pick({ type: true, title: true, status: true, detail: true, code: true, field: true })
  .describe('What a request would have been answered with.');

/** A job in a list. */
export const listedJobSchema = z.object({
  id: z.string(),
  kind: z.enum(JOB_KINDS),
  state,
  href: z.string(),
  priority: z.int(),
  createdAt: time,
  startedAt: time.nullable().describe('Its latest start.'),
  finishedAt: time.nullable(),
  deadlineAt: time,
  attempts: z.int().describe('How often it was started.'),
  progress,
  problem: jobProblemSchema.nullable().describe('Why it failed.'),
});
export type ListedJob = z.output<typeof listedJobSchema>;

const jobFileSchema = z.object({
  id: z.string().describe('SHA-256 of the file.'),
  href: z.string().nullable().describe('Where to fetch it; null once it is no longer kept.'),
  fileName: z.string(),
  mediaType: z.string(),
  sizeBytes: z.int(),
});

/** A job, as returned by `GET /v1/jobs/{id}`. */
export const jobSchema = listedJobSchema.extend({
  request: networkRequestSchema
    .omit({ guide: true })
    .describe('What was accepted: with a seed in any case, and without guide.'),
  files: z
    .array(jobFileSchema)
    .nullable()
    .describe('What it made, a file for each network or for the ensemble; null unless succeeded.'),
});
export type JobDocument = z.output<typeof jobSchema>;

export const jobListSchema = z.object({
  jobs: z.array(listedJobSchema),
  next: z
    .string()
    .nullable()
    .describe(
      'The cursor of the next page; null after the last. A page may have fewer jobs than its limit.',
    ),
});
export type JobList = z.output<typeof jobListSchema>;

/** An event of `GET /v1/jobs/{id}/events`. */
export const jobEventSchema = z.object({
  state,
  at: time,
  attempts: z.int(),
  progress,
  problem: jobProblemSchema.nullable(),
});
export type JobEventDocument = z.output<typeof jobEventSchema>;

/** The query of `GET /v1/jobs`. */
export const jobQuerySchema = z.strictObject({
  state: z.enum(JOB_STATES).optional().describe('Only jobs in this state.'),
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'expected an integer')
    .transform(Number)
    .pipe(z.int().min(1).max(MAX_PAGE))
    .default(20)
    .describe(`Most jobs of the page, up to ${MAX_PAGE}.`),
  cursor: z.uuid().optional().describe('The next of the page before.'),
});
