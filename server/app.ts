import express, { type ErrorRequestHandler, type Request, type Response } from 'express';
import {
  deviceShortfall,
  WeightspringError,
  type JobLimits,
  type NetworkSource,
} from '../src/index.js';
import { AnswerMemory } from './answer-memory.js';
import type { ArtefactStore } from './artefacts.js';
import { crossOrigin } from './cross-origin.js';
import { Front } from './front.js';
import { accessTable } from './identity/access.js';
import { authenticate } from './identity/authenticate.js';
import type { KeyRing } from './identity/key-ring.js';
import { ClientLimit } from './limits/client-limit.js';
import { limitAddresses, limitKeys } from './limits/limit-requests.js';
import { NetworkQuota } from './limits/network-quota.js';
import { acceptJob } from './jobs/accept-job.js';
import type { Jobs } from './jobs/jobs.js';
import type { Log } from './log.js';
import { allowOnly } from './methods.js';
import { Metrics } from './metrics.js';
import { openApiDocument } from './openapi.js';
import { PROBLEMS, sendProblem, toProblem } from './problems.js';
import { PROVENANCE_HEADERS } from './provenance-headers.js';
import type { ReloadFlows } from './reload-flows.js';
import { requestId } from './request-id.js';
import { flowRoutes } from './routes/flows.js';
import { healthRoutes } from './routes/health.js';
import { jobRoutes } from './routes/jobs.js';
import { metricsRoutes } from './routes/metrics.js';
import { networkRoutes } from './routes/networks.js';

export interface AppDependencies {
  readonly source: NetworkSource;
  readonly artefacts: ArtefactStore;
  readonly limits: JobLimits;
  /** Longest request body, in bytes. */
  readonly maxBodyBytes: number;
  /** Reject requests unless the requested device is in use. Default false. */
  readonly requireDevice?: boolean;
  /** Whether the service is about to close: not ready, but still taking requests. Default never. */
  readonly isLeaving?: () => boolean;
  readonly reload: ReloadFlows;
  /** Memory limit of answers that are being computed or sent. */
  readonly maxAnswerBytes: number;
  /** How long a client may take to read an answer, or each MiB of a long one. */
  readonly writeTimeoutMs: number;
  /** Most pipelined requests of one connection. */
  readonly pipelineLimit: number;
  /** Most outstanding requests for networks of one client. */
  readonly clientLimit: number;
  /** Most requests per minute of one address; 0 for any number. */
  readonly addressRequestsPerMinute: number;
  /** Most requests per minute of a key that has no limit of its own; 0 for any number. */
  readonly keyRequestsPerMinute: number;
  /** Origins whose scripts may use the service. */
  readonly corsOrigin: readonly string[];
  /** Where the metrics are; 0 for here. */
  readonly metricsPort: number;
  /** Keys that let requests in. Default: everybody is let in. */
  readonly keys?: KeyRing | undefined;
  /** Default: the service keeps no jobs. */
  readonly jobs?: Jobs | undefined;
  readonly log: Log;
  /** Number of lines lost by the log. Default none. */
  readonly lostLogLines?: () => number;
}

/** The HTTP service without its socket. */
export function createApp(dependencies: AppDependencies): Front {
  const { source, artefacts, log, reload, requireDevice = false } = dependencies;
  const { isLeaving = () => false, lostLogLines = () => 0 } = dependencies;
  const deviceFault = (): string | undefined =>
    requireDevice ? deviceShortfall(source.device()) : undefined;
  const answers = new AnswerMemory(dependencies.maxAnswerBytes);
  const clients = new ClientLimit(dependencies.clientLimit);
  const quota = new NetworkQuota();
  const { jobs } = dependencies;
  const metrics = new Metrics({ source, artefacts, answers, lostLogLines });
  if (jobs !== undefined) metrics.include(jobs.metrics.all);
  const accept =
    jobs === undefined ? undefined : acceptJob({ ...dependencies, jobs, deviceFault, quota });
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag'); // Files carry their own; hashing other answers would serve nobody.
  app.disable('query parser');
  app.use(
    healthRoutes(source, () => (isLeaving() ? 'the service is about to shut down' : deviceFault())),
  );
  if (dependencies.corsOrigin.length > 0) {
    const provenance = Object.values(PROVENANCE_HEADERS).map(({ name }) => name);
    app.use(crossOrigin(dependencies.corsOrigin, provenance));
  }
  app.use(limitAddresses(dependencies.addressRequestsPerMinute));
  app.use(authenticate({ keys: dependencies.keys, log, metrics }));
  app.use(limitKeys(dependencies.keyRequestsPerMinute));
  if (dependencies.metricsPort === 0) app.use(metricsRoutes(metrics));
  app.use(flowRoutes(source, reload));
  const stored = jobs?.artefacts;
  const shared = { ...dependencies, deviceFault, metrics, answers, clients, quota, accept };
  app.use(networkRoutes({ ...shared, stored }));
  app.use(jobRoutes({ ...shared, jobs }));
  jobs?.start({ deviceFault, metrics });
  const openApi = openApiDocument(accessTable(app.router));
  app
    .route('/openapi.json')
    .get((_req, res) => {
      res.json(openApi);
    })
    .all(allowOnly('GET', 'HEAD'));
  app.use((req) => {
    throw new WeightspringError('not-found', `there is nothing at ${req.path.slice(0, 200)}`);
  });
  app.use(answerErrors(log));
  return new Front({
    ...dependencies,
    metrics,
    app: (req, res, fail) => {
      // Express has its own.
      app(req as Request, res as Response, fail);
    },
  });
}

function answerErrors(log: Log): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    const problem = toProblem(error);
    if (PROBLEMS[problem.code].status === 500) {
      log('error', 'request-failed', { requestId: requestId(res), reason: reasonOf(error) });
    }
    // Nobody would read it, and many clients may leave at once.
    if (res.destroyed) return;
    if (res.headersSent) next(error);
    else sendProblem(req, res, problem);
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
