import type { RequestListener } from 'node:http';
import { createApp, type AppDependencies } from '../../server/app.js';
import { ArtefactStore } from '../../server/artefacts.js';
import type { Front } from '../../server/front.js';
import type { Log, LogFields } from '../../server/log.js';
import { reloadFlows } from '../../server/reload-flows.js';
import { FakeSource } from './fake-source.js';

export interface TestApp {
  readonly app: RequestListener;
  readonly front: Front;
  readonly source: FakeSource;
  readonly logged: { level: string; event: string; fields: LogFields }[];
}

/** Bounds and switches that a test may choose. */
export type TestAppOptions = Partial<Omit<AppDependencies, 'source' | 'artefacts' | 'log'>> & {
  readonly maxKeptBytes?: number;
  readonly source?: FakeSource;
};

export function testApp({
  maxKeptBytes = 1_000_000,
  source = new FakeSource(),
  ...options
}: TestAppOptions = {}): TestApp {
  const logged: TestApp['logged'] = [];
  const log: Log = (level, event, fields = {}) => logged.push({ level, event, fields });
  const front = createApp({
    source,
    reload: reloadFlows(source, log),
    artefacts: new ArtefactStore({ maxBytes: maxKeptBytes, maxAgeMs: 60_000 }),
    limits: { maxOperations: 1e9, maxBytes: 8_000_000 },
    maxBodyBytes: 64 * 1024,
    maxAnswerBytes: 8_000_000,
    writeTimeoutMs: 10_000,
    pipelineLimit: 8,
    clientLimit: 64,
    metricsPort: 0,
    corsOrigin: [],
    addressRequestsPerMinute: 0,
    keyRequestsPerMinute: 0,
    ...options,
    log,
  });
  return { app: front.handle, front, source, logged };
}

/** A request that the service grants. */
export const GOOD = { flow: 'wdbc', architecture: { layers: [30, 16, 16, 2] }, seed: 7 };
