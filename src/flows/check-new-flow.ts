import { basename, resolve } from 'node:path';
import { ensure } from '../errors.js';
import type { FlowGeometry } from '../flow/geometry.js';
import type { VelocityConfig } from '../velocity/create-velocity-network.js';
import { MAX_DESCRIPTION } from './flow-config.js';
import { ensureServable } from './velocity-schema.js';

/** What is known of a flow before it is trained. */
export interface NewFlow {
  /** One that a flow may have. */
  readonly name: string;
  /** Where it will be stored. */
  readonly folder: string;
  readonly description: string;
  readonly velocity: VelocityConfig;
  readonly geometry: FlowGeometry;
  /** Whether its network takes a second time. Default: not. */
  readonly flowMap?: boolean;
}

/**
 * Refuses, before any work, a flow that could not be served after its training.
 *
 * @throws WeightspringError `invalid-argument`, or `too-large` for a velocity network of too many
 *   parameters
 */
export function checkNewFlow({
  name,
  folder,
  description,
  velocity,
  geometry,
  flowMap = false,
}: NewFlow): void {
  const folderName = basename(resolve(folder));
  ensure(
    folderName === name,
    'invalid-argument',
    () =>
      `--out: a flow is found by its folder, which must have its name: expected a folder ` +
      `'${name}', got '${folderName}'`,
    '--out',
  );
  ensure(
    description.length <= MAX_DESCRIPTION,
    'invalid-argument',
    () =>
      `--description: expected ${MAX_DESCRIPTION} characters at most, got ${description.length}`,
    '--description',
  );
  ensureServable(velocity, geometry, flowMap);
}
