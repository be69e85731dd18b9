import { Router } from 'express';
import { findFlow, type FlowSummary, type NetworkSource } from '../../src/index.js';
import type { ReloadFlows } from '../reload-flows.js';
import { requireScope } from '../identity/caller.js';
import { allowOnly } from '../methods.js';
import type { ListedFlow } from '../schemas.js';

/** The flows and their bounds. */
export function flowRoutes(
  source: Pick<NetworkSource, 'flows' | 'refused' | 'device'>,
  reload: ReloadFlows,
): Router {
  const router = Router();
  router
    .route('/v1/flows')
    .get((_req, res) => {
      const flows = source.flows().map(listed);
      res.json({ flows, refused: source.refused(), device: source.device() });
    })
    .all(allowOnly('GET', 'HEAD'));
  router
    .route('/v1/flows/reload')
    .post(requireScope('admin'), async (_req, res) => {
      res.json(await reload());
    })
    .all(allowOnly('POST'));
  router
    .route('/v1/flows/:name')
    .get((req, res) => {
      res.json(findFlow(source, req.params.name));
    })
    .all(allowOnly('GET', 'HEAD'));
  return router;
}

function listed(flow: FlowSummary): ListedFlow {
  // JSON omits undefined fields.
  const summary = { ...flow, data: undefined, inputMean: undefined, inputScale: undefined };
  return summary;
}
