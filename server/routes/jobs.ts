import { Router, type Request, type Response } from 'express';
import { WeightspringError } from '../../src/index.js';
import type { AnswerMemory } from '../answer-memory.js';
import { callerOf, requireScope } from '../identity/caller.js';
import { ClientLimit } from '../limits/client-limit.js';
import type { AcceptJob } from '../jobs/accept-job.js';
import { inField } from '../jobs/in-field.js';
import { isFinal, type Job } from '../jobs/job.js';
import { jobDocument, listedJob } from '../jobs/job-document.js';
import {
  jobQuerySchema,
  jobRequestSchema,
  LONG_JOB_FIELDS,
  type JobList,
} from '../jobs/job-schemas.js';
import type { Jobs } from '../jobs/jobs.js';
import { allowOnly } from '../methods.js';
import { negotiate } from '../negotiate.js';
import { readCounted } from '../read-counted.js';
import { validate } from '../validate.js';

export interface JobRoutesOptions {
  /** Undefined where the service keeps no jobs. */
  readonly jobs: Jobs | undefined;
  readonly accept: AcceptJob | undefined;
  readonly clients: ClientLimit;
  /** Most requests for networks, and most followed jobs, of one client. */
  readonly clientLimit: number;
  readonly maxBodyBytes: number;
  readonly answers: AnswerMemory;
}

const EVENT_STREAM = 'text/event-stream';

/** Takes jobs, and tells of them. */
export function jobRoutes(options: JobRoutesOptions): Router {
  const { jobs, accept, clients, clientLimit } = options;
  const router = Router();
  if (jobs === undefined || accept === undefined) {
    router.all(['/v1/jobs', '/v1/jobs/*rest'], () => {
      throw new WeightspringError(
        'not-found',
        'this service keeps no jobs: start it with --state-dir, a folder to keep them in',
      );
    });
    return router;
  }
  const followers = new ClientLimit(clientLimit);
  const send = (res: Response, job: Job): void => {
    res.json(jobDocument(job, (id) => jobs.artefacts.has(id, job.owner)));
  };
  router
    .route('/v1/jobs')
    .post(requireScope('generate'), async (req, res) => {
      clients.enter(res);
      const body = await readCounted(req, res, options);
      const asked = validate(jobRequestSchema, body, LONG_JOB_FIELDS);
      await inField('request', () => accept(req, res, asked));
    })
    .get(async (req, res) => {
      const { state, limit, cursor } = validate(jobQuerySchema, queryOf(req));
      const page = await jobs.store.list({
        limit,
        owner: callerOf(res).owner,
        ...(state === undefined ? {} : { state }),
        ...(cursor === undefined ? {} : { before: cursor }),
      });
      res.json({ jobs: page.jobs.map(listedJob), next: page.next } satisfies JobList);
    })
    .all(allowOnly('GET', 'HEAD', 'POST'));
  router
    .route('/v1/jobs/:id')
    .get(async (req, res) => {
      send(res, await ownJob(jobs, req.params.id, res));
    })
    .delete(requireScope('generate'), async (req, res) => {
      const job = await ownJob(jobs, req.params.id, res);
      send(res, (await jobs.cancel(job.id)) ?? job);
    })
    .all(allowOnly('GET', 'HEAD', 'DELETE'));
  router
    .route('/v1/jobs/:id/events')
    .get(async (req, res) => {
      const job = await ownJob(jobs, req.params.id, res);
      negotiate(req, res, [EVENT_STREAM]);
      const after = lastEventId(req);
      if (isFinal(job.state) && after >= job.version) {
        // Tells an EventSource not to come back.
        res.status(204).end();
        return;
      }
      followers.enter(res);
      // Proxies that collect answers would hold events back.
      res.writeHead(200, { 'Content-Type': EVENT_STREAM, 'X-Accel-Buffering': 'no' });
      if (req.method === 'HEAD') res.end();
      else await jobs.streams.send(res, job.id, after);
    })
    .all(allowOnly('GET', 'HEAD'));
  return router;
}

/** @throws WeightspringError `not-found`, also for a job of another owner */
async function ownJob({ store }: Jobs, id: string, res: Response): Promise<Job> {
  const job = await store.get(id);
  if (job?.owner === callerOf(res).owner) return job;
  throw new WeightspringError(
    'not-found',
    'there is no such job of yours: it never was, or ended too long ago to be remembered',
  );
}

function queryOf({ originalUrl }: Request): Record<string, string> {
  const start = originalUrl.indexOf('?');
  return start < 0 ? {} : Object.fromEntries(new URLSearchParams(originalUrl.slice(start)));
}

/** The version that the client has seen, 0 for none, as for anything that is no version. */
function lastEventId(req: Request): number {
  const written = req.get('Last-Event-ID') ?? '';
  return /^\d{1,15}$/.test(written) ? Number(written) : 0;
}
