import { Router } from 'express';
import type { FlowSummary, NetworkSource } from '../../src/index.js';
import { findFlow } from '../find-flow.js';
import { allowOnly } from '../methods.js';
import type { ListedFlow } from '../schemas.js';

/** What the service can sample from, and within which bounds. */
export function flowRoutes(source: Pick<NetworkSource, 'flows' | 'device'>): Router {
  const router = Router();
  router
    .route('/v1/flows')
    .get((_req, res) => {
      res.json({ flows: source.flows().map(listed), device: source.device() });
    })
    .all(allowOnly('GET', 'HEAD'));
  router
    .route('/v1/flows/:name')
    .get((req, res) => {
      res.json(findFlow(source.flows(), req.params.name));
    })
    .all(allowOnly('GET', 'HEAD'));
  return router;
}

function listed(flow: FlowSummary): ListedFlow {
  // JSON leaves out what is undefined.
  const summary = { ...flow, inputMean: undefined, inputScale: undefined };
  return summary;
}
