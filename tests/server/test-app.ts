import type { Express } from 'express';
import { createApp, type AppDependencies } from '../../server/app.js';
import { ArtefactStore } from '../../server/artefacts.js';
import type { LogFields } from '../../server/log.js';
import { FakeSource } from './fake-source.js';

export interface TestApp {
  readonly app: Express;
  readonly source: FakeSource;
  readonly logged: { level: string; event: string; fields: LogFields }[];
}

export function testApp(options: Pick<AppDependencies, 'requireDevice'> = {}): TestApp {
  const source = new FakeSource();
  const logged: TestApp['logged'] = [];
  const app = createApp({
    source,
    artefacts: new ArtefactStore({ maxBytes: 1_000_000, maxAgeMs: 60_000 }),
    limits: { maxOperations: 1e9, maxBytes: 8_000_000 },
    maxBodyBytes: 64 * 1024,
    ...options,
    log: (level, event, fields = {}) => logged.push({ level, event, fields }),
  });
  return { app, source, logged };
}

/** A request that the service grants. */
export const GOOD = { flow: 'wdbc', architecture: { layers: [30, 16, 16, 2] }, seed: 7 };
