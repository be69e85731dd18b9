import { createServer, type Server } from 'node:http';
import express from 'express';
import type { Metrics } from './metrics.js';
import { metricsRoutes } from './routes/metrics.js';

/** Few programs collect metrics. */
const MAX_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 10_000;

/** A server that has the metrics only, for anybody: its port is for the network of the operators. */
export function createMetricsServer(metrics: Metrics): Server {
  const app = express();
  app.disable('x-powered-by');
  app.use(metricsRoutes(metrics));
  app.use((_req, res) => {
    res.status(404).end();
  });
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
    (req, res) => {
      app(req as express.Request, res as express.Response);
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}
