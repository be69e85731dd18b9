import request from 'supertest';
import { afterEach, vi } from 'vitest';
import type { JobDocument } from '../../../server/jobs/job-schemas.js';
import { Jobs, type JobsOptions } from '../../../server/jobs/jobs.js';
import { openJobState, type JobStateOptions } from '../../../server/jobs/open-job-state.js';
import { FakeSource } from '../fake-source.js';
import { testApp, type TestApp, type TestAppOptions } from '../test-app.js';
import { temporaryFolder } from './temporary-folder.js';

export interface JobsApp extends TestApp {
  readonly jobs: Jobs;
  readonly folder: string;
  /** Ends the service, with its source, and starts another on the same folder. */
  restart(): Promise<JobsApp>;
  close(): Promise<void>;
}

export type JobsAppOptions = Partial<Omit<JobsOptions, 'state' | 'source'>> &
  Partial<Omit<JobStateOptions, 'log'>> &
  Pick<TestAppOptions, 'limits' | 'maxKeptBytes' | 'clientLimit' | 'requireDevice' | 'keys'>;

const LIMITS = { maxOperations: 1e9, maxBytes: 8_000_000 };

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A service with jobs, one at a time, in a folder of its own. */
export async function jobsApp(options: JobsAppOptions = {}): Promise<JobsApp> {
  const { folder = await temporaryFolder(), limits = LIMITS } = options;
  const { maxBytes = 1e9, maxAgeMs = 1e9, log = () => undefined } = options;
  const source = new FakeSource();
  const state = await openJobState({ folder, maxBytes, maxAgeMs, log });
  const jobs = new Jobs({
    state,
    source,
    limits,
    mostUnfinished: 100,
    most: 1,
    mostPerClient: 10,
    keepMs: 1e9,
    writeTimeoutMs: 10_000,
    log,
    ...options,
  });
  const test = testApp({ ...options, source, limits, jobs });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    jobs.leave();
    closed ??= source.close().then(() => jobs.close());
    return closed;
  };
  cleanups.push(close);
  const restart = async (): Promise<JobsApp> => {
    await close();
    return jobsApp({ ...options, folder });
  };
  return { ...test, jobs, folder, restart, close };
}

/** Sends a job, and gives what it was accepted as. */
export async function post(
  app: TestApp['app'],
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<JobDocument> {
  const answer = await request(app).post('/v1/jobs').set(headers).send(body).expect(202);
  return answer.body as JobDocument;
}

export async function jobOf(app: TestApp['app'], id: string): Promise<JobDocument> {
  return (await request(app).get(`/v1/jobs/${id}`).expect(200)).body as JobDocument;
}

/** The job once it has come to a state. */
export async function until(
  app: TestApp['app'],
  id: string,
  state: JobDocument['state'],
): Promise<JobDocument> {
  return vi.waitFor(
    async () => {
      const job = await jobOf(app, id);
      if (job.state !== state)
        throw new Error(`it is ${job.state}: ${JSON.stringify(job.problem)}`);
      return job;
    },
    { timeout: 50_000, interval: 50 },
  );
}
