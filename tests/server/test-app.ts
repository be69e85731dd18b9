import type { Express } from 'express';
import { createApp, type AppDependencies } from '../../server/app.js';
import { ArtefactStore } from '../../server/artefacts.js';
import type { Log, LogFields } from '../../server/log.js';
import { reloadFlows } from '../../server/reload-flows.js';
import { FakeSource } from './fake-source.js';

export interface TestApp {
  readonly app: Express;
  readonly source: FakeSource;
  readonly logged: { level: string; event: string; fields: LogFields }[];
}

export function testApp(options: Pick<AppDependencies, 'requireDevice'> = {}): TestApp {
  const source = new FakeSource();
  const logged: TestApp['logged'] = [];
  const log: Log = (level, event, fields = {}) => logged.push({ level, event, fields });
  const app = createApp({
    source,
    reload: reloadFlows(source, log),
    artefacts: new ArtefactStore({ maxBytes: 1_000_000, maxAgeMs: 60_000 }),
    limits: { maxOperations: 1e9, maxBytes: 8_000_000 },
    maxBodyBytes: 64 * 1024,
    ...options,
    log,
  });
  return { app, source, logged };
}

/** A request that the service grants. */
export const GOOD = { flow: 'wdbc', architecture: { layers: [30, 16, 16, 2] }, seed: 7 };
