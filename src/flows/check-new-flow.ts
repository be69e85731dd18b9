import { basename, resolve } from 'node:path';
import { ensure } from '../errors.js';
import { MAX_DESCRIPTION } from './flow-config.js';

/** How a flow will be stored. */
export interface NewFlow {
  /** A valid name of a flow. */
  readonly name: string;
  /** Where it will be stored. */
  readonly folder: string;
  readonly description?: string | undefined;
}

/**
 * Refuses, before any work, a flow that would not be found after its training.
 *
 * @throws WeightspringError `invalid-argument`
 */
export function checkNewFlow({ name, folder, description = '' }: NewFlow): void {
  const folderName = basename(resolve(folder));
  ensure(
    folderName === name,
    'invalid-argument',
    () =>
      `--out: a flow is found by its folder, which must have its name: expected a folder ` +
      `'${name}', got '${folder}'`,
    '--out',
  );
  ensure(
    description.length <= MAX_DESCRIPTION,
    'invalid-argument',
    () =>
      `--description: expected ${MAX_DESCRIPTION} characters at most, got ${description.length}`,
    '--description',
  );
}
