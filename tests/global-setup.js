import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { isBuilt, ROOT } from '../scripts/sources.js';

/**
 * Builds before the tests where dist/ is older than the sources: commands and worker processes run
 * from there, and would pass or fail for what is no longer written.
 */
export default function setup() {
  if (isBuilt()) return;
  process.stdout.write('dist/ is not built from these sources: building\n');
  const { status } = spawnSync(process.execPath, [join(ROOT, 'scripts/build.js')], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('the build failed: mend it, or the tests would run an old one');
}
