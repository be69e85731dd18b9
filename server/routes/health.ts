import { Router } from 'express';
import type { z } from 'zod';
import type { NetworkSource } from '../../src/index.js';
import { allowOnly } from '../methods.js';
import type { liveSchema, readySchema } from '../schemas.js';

/** Health as in the Open Inference Protocol. */
export function healthRoutes(source: Pick<NetworkSource, 'health'>): Router {
  const router = Router();
  router
    .route('/v2/health/live')
    .get((_req, res) => {
      res.json({ live: true } satisfies z.output<typeof liveSchema>);
    })
    .all(allowOnly('GET', 'HEAD'));
  router
    .route('/v2/health/ready')
    .get((_req, res) => {
      const pool = source.health();
      const ready = pool.alive > 0 && !pool.closing;
      res.status(ready ? 200 : 503).json({ ready, pool } satisfies z.output<typeof readySchema>);
    })
    .all(allowOnly('GET', 'HEAD'));
  return router;
}
