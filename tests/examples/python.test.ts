import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfiguration } from '../../server/configuration.js';
import { startServer, type RunningServer } from '../../server/server.js';
import { DEFAULT_MODELS_DIR, PACKAGE_ROOT } from '../../src/package-info.js';
import { SamplerPool } from '../../src/pool/pool.js';
import { COMPILED_WORKER } from '../support/compiled.js';
import { pythonLack, runPythonFile } from '../support/python.js';

const FOLDER = join(PACKAGE_ROOT, 'examples', 'python');
/** What each example needs, and what it says. */
const EXAMPLES = {
  'classify.py': {
    packages: ['numpy', 'onnxruntime', 'requests'],
    says: /^row 4: (malignant|benign) \([01]\.\d\d\)$/m,
  },
  'ensemble.py': {
    packages: ['numpy', 'onnxruntime', 'requests'],
    says: /^foreign rows: entropy 0\.\d+, disagreement 0\.\d+$/m,
  },
  'fine_tune.py': {
    packages: ['numpy', 'requests', 'safetensors', 'torch'],
    says: /^step 100: loss 0\.\d+$/m,
  },
} as const;

// PyTorch alone may take a minute to load.
describe('the examples in Python', { timeout: 300_000 }, () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer(readConfiguration({ port: '0' }, {}), {
      log: () => undefined,
      openSource: () =>
        SamplerPool.start({
          modelsDir: DEFAULT_MODELS_DIR,
          workers: 1,
          workerPath: COMPILED_WORKER,
        }),
    });
  });
  afterAll(() => server.close());

  it.for(Object.keys(EXAMPLES) as (keyof typeof EXAMPLES)[])('%s runs', async (name, { skip }) => {
    const { packages, says } = EXAMPLES[name];
    const lack = pythonLack(packages);
    if (lack !== undefined) skip(lack);
    const said = await runPythonFile(join(FOLDER, name), ['wdbc', server.url]);
    expect(said).toMatch(says);
    if (name !== 'fine_tune.py') return;
    const [first = 0, , last = 1] = [...said.matchAll(/loss ([\d.]+)/g)].map(([, text]) =>
      Number(text),
    );
    expect(last).toBeLessThan(first / 2);
  });

  it('are all tried', () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith('.py'));
    expect(files.sort()).toEqual(Object.keys(EXAMPLES));
  });
});
