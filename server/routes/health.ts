import { Router } from 'express';
import type { z } from 'zod';
import type { NetworkSource, PoolHealth } from '../../src/index.js';
import { allowOnly } from '../methods.js';
import type { liveSchema, readySchema } from '../schemas.js';

/** Why a service without flows is not ready; no restart is needed once it has some. */
export const NO_FLOWS =
  'there is no flow to sample from: put one into a models folder and reload the flows ' +
  '(SIGHUP or POST /v1/flows/reload)';

/**
 * Health as in the Open Inference Protocol.
 *
 * @param ownFault - why the service is not ready, for other reasons than the pool's
 */
export function healthRoutes(
  source: Pick<NetworkSource, 'health' | 'device' | 'flows' | 'refused'>,
  ownFault: () => string | undefined,
): Router {
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
      const flows = source.flows().length;
      const reason = poolFault(pool) ?? ownFault() ?? (flows === 0 ? NO_FLOWS : undefined);
      const ready = reason === undefined;
      res.status(ready ? 200 : 503).json({
        ready,
        ...(ready ? {} : { reason }),
        device: source.device(),
        pool,
        flows,
        refused: source.refused(),
      } satisfies z.output<typeof readySchema>);
    })
    .all(allowOnly('GET', 'HEAD'));
  return router;
}

/** Why a pool takes no jobs, if so. */
function poolFault({ alive, closing }: PoolHealth): string | undefined {
  if (closing) return 'the service is shutting down';
  return alive > 0 ? undefined : 'no process is there that generates networks';
}
