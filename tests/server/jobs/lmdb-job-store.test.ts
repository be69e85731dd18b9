import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { LmdbJobStore } from '../../../server/jobs/lmdb-job-store.js';
import { describeJobStore } from './store-conformance.js';

describeJobStore('LMDB', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'weightspring-jobs-'));
  return {
    open: () =>
      LmdbJobStore.open(open({ path: folder, maxDbs: 16, overlappingSync: false }), 8_000),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
});
