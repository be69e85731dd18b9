import express, { type ErrorRequestHandler, type Express } from 'express';
import {
  deviceShortfall,
  WeightspringError,
  type JobLimits,
  type NetworkSource,
} from '../src/index.js';
import type { ArtefactStore } from './artefacts.js';
import type { Log } from './log.js';
import { allowOnly } from './methods.js';
import { Metrics } from './metrics.js';
import { openApiDocument } from './openapi.js';
import { PROBLEMS, sendProblem, toProblem } from './problems.js';
import type { ReloadFlows } from './reload-flows.js';
import { assignRequestId, requestId } from './request-id.js';
import { logRequests } from './request-log.js';
import { flowRoutes } from './routes/flows.js';
import { healthRoutes } from './routes/health.js';
import { metricsRoutes } from './routes/metrics.js';
import { networkRoutes } from './routes/networks.js';

export interface AppDependencies {
  readonly source: NetworkSource;
  readonly artefacts: ArtefactStore;
  readonly limits: JobLimits;
  /** The longest request body. */
  readonly maxBodyBytes: number;
  /** Answer nothing on another device than the one that was asked for. Default false. */
  readonly requireDevice?: boolean;
  /** Whether the service is about to close: it is not ready, and takes requests. Default never. */
  readonly isLeaving?: () => boolean;
  readonly reload: ReloadFlows;
  readonly log: Log;
}

/** The HTTP service without its socket. */
export function createApp(dependencies: AppDependencies): Express {
  const { source, log, reload, requireDevice = false, isLeaving = () => false } = dependencies;
  const deviceFault = (): string | undefined =>
    requireDevice ? deviceShortfall(source.device()) : undefined;
  const openApi = openApiDocument();
  const metrics = new Metrics(source);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag'); // Files carry their own; hashing other answers would serve nobody.
  app.use(assignRequestId, logRequests(log), metrics.countRequests);
  app.use((_req, res, next) => {
    res.set('X-Content-Type-Options', 'nosniff');
    next();
  });
  app.use(
    healthRoutes(source, () => (isLeaving() ? 'the service is about to shut down' : deviceFault())),
  );
  app.use(metricsRoutes(metrics));
  app.use(flowRoutes(source, reload));
  app.use(networkRoutes({ ...dependencies, deviceFault, metrics }));
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
  return app;
}

function answerErrors(log: Log): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    const problem = toProblem(error);
    if (PROBLEMS[problem.code].status === 500) {
      log('error', 'request-failed', { requestId: requestId(res), reason: reasonOf(error) });
    }
    if (res.headersSent) next(error);
    else sendProblem(req, res, problem);
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
