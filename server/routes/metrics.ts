import { Router } from 'express';
import { requireScope } from '../identity/caller.js';
import { allowOnly } from '../methods.js';
import type { Metrics } from '../metrics.js';

/** The metrics of the service for Prometheus. */
export function metricsRoutes(metrics: Metrics): Router {
  const router = Router();
  router
    .route('/metrics')
    .get(requireScope('admin'), async (_req, res) => {
      res.set('Content-Type', metrics.contentType).send(await metrics.text());
    })
    .all(allowOnly('GET', 'HEAD'));
  return router;
}
