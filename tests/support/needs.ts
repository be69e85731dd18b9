import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import type { TestOptions } from 'vitest';
import { resolveDataDir } from '../../src/data/data-files.js';

declare module 'vitest' {
  interface TaskMeta {
    /** Why a test or a suite is skipped; `skip-reporter.ts` prints it. */
    skipReason?: string;
  }
}

/**
 * Options of a test or suite that needs something: with a reason it is skipped, and the run prints
 * why. Nothing else may skip, except `context.skip(reason)` inside of a test.
 *
 * @param missing - what is missing here, and where to get it; undefined where all is there
 *
 * @example
 * describe('the published tables', needs(missingData('uci/wdbc.csv')), () => {…});
 */
export function needs(missing: string | undefined): TestOptions {
  return missing === undefined ? {} : { skip: true, meta: { skipReason: missing } };
}

/** Why what only Linux has is not here, such as `/dev/full`. */
export const OFF_LINUX = process.platform === 'linux' ? undefined : 'needs Linux';

/** Why a file of the data folder cannot be read, if it is not there. */
export function missingData(path: string): string | undefined {
  const file = join(resolveDataDir(), path);
  if (existsSync(file)) return undefined;
  return `no '${file}' (set WEIGHTSPRING_DATA to a folder with the data sets)`;
}

/** Why a program cannot be run, if it is not in the PATH. */
export function missingProgram(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, name)))
    ? undefined
    : `no ${name} in the PATH`;
}
