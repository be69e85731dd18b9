import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { resolveDataDir } from '../../src/zoo/datasets/data-files.js';

/** Whether the data folder holds a file; prints why the tests that need it are skipped if not. */
export function hasData(path: string): boolean {
  const file = join(resolveDataDir(), path);
  if (existsSync(file)) return true;
  console.warn(`skipped: no '${file}' (set WEIGHTSPRING_DATA to a folder with the data sets)`);
  return false;
}
