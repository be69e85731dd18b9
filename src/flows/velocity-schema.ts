import { z } from 'zod';
import { ensure, WeightspringError } from '../errors.js';
import { parseWith } from '../files/schema-problem.js';
import type { FlowGeometry } from '../flow/geometry.js';
import { networkParameters } from '../flow/network-parameters.js';
import type { ParameterSpec } from '../ops/tensor-ops.js';
import { sizeOf } from '../ops/shape-rules.js';
import { VELOCITY_SCHEMAS, velocityKind, type VelocityConfig } from '../velocity/registry.js';

/** Most parameters of a velocity network: 128 MiB as float32. */
export const MAX_PARAMETERS = 2 ** 25;
/**
 * Bound on `blocks × maxHiddenLayers²`, the length of the record of a network, which is recorded for
 * every depth that it serves. At the bound this takes about a second.
 */
const MAX_RECORD = 1024;
/** Bound on the size of the constants in a record that relate heads to width. */
const MAX_CONSTANTS = 2 ** 23;

/** The configuration of a velocity network, within bounds that keep records small. */
export const velocitySchema = (
  z.discriminatedUnion(
    'kind',
    VELOCITY_SCHEMAS as unknown as [z.ZodObject, ...z.ZodObject[]],
  ) as unknown as z.ZodType<VelocityConfig, VelocityConfig>
).superRefine((config, context) => {
  const record = config.blocks * deepest(config) ** 2;
  if (record > MAX_RECORD) {
    const message = `blocks × maxHiddenLayers² is ${record}, more than ${MAX_RECORD}`;
    context.addIssue({ code: 'custom', path: ['blocks'], message });
  }
  if (!('heads' in config)) return;
  if (config.width % config.heads !== 0) {
    const message = `expected a multiple of ${config.heads} heads`;
    context.addIssue({ code: 'custom', path: ['width'], message });
  }
  if (config.heads * config.width * record > MAX_CONSTANTS) {
    const message = `heads × width × blocks × maxHiddenLayers² is more than ${MAX_CONSTANTS}`;
    context.addIssue({ code: 'custom', path: ['heads'], message });
  }
});

/** Sets of hidden neurons of the deepest architecture of a velocity network. */
export function deepest(config: VelocityConfig): number {
  return velocityKind(config.kind).hiddenLayers(config);
}

/**
 * The parameters of a velocity network, if it has no more than can be served.
 *
 * @param config - of sizes within the bounds of {@link velocitySchema}
 * @param flowMap - whether the network takes a second time. Default: not
 * @throws WeightspringError `too-large`
 */
export function boundedParameters(
  config: VelocityConfig,
  geometry: FlowGeometry,
  flowMap = false,
): readonly ParameterSpec[] {
  const specs = networkParameters(config, geometry, flowMap);
  const count = specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  ensure(
    count <= MAX_PARAMETERS,
    'too-large',
    () =>
      `expected a velocity network of at most ${MAX_PARAMETERS} parameters, got ${count}: choose ` +
      'a smaller width or fewer blocks',
  );
  return specs;
}

/**
 * Refuses, before training, a velocity network that could not be served afterwards.
 *
 * @throws WeightspringError `invalid-argument`, naming the size at fault, or `too-large`
 */
export function ensureServable(
  config: VelocityConfig,
  geometry: FlowGeometry,
  flowMap = false,
): void {
  parseWith(velocitySchema, config, 'velocity', ({ field, message }) => {
    return new WeightspringError('invalid-argument', message, { field });
  });
  boundedParameters(config, geometry, flowMap);
}
