import { ensure } from '../errors.js';
import type { Architecture } from '../network/architecture.js';
import {
  velocityDefaults,
  velocityKind,
  type VelocityChoices,
  type VelocityConfig,
  type VelocityKind,
} from './registry.js';

/**
 * The configuration of a velocity network for a population.
 *
 * @param population - architectures of one task, at least one
 * @param choices - override the kind's defaults
 * @throws WeightspringError `invalid-argument` for a choice that the kind does not have,
 * `unsupported-architecture` for several architectures that the kind cannot serve at once
 */
export function chooseVelocityConfig(
  kind: VelocityKind,
  population: readonly Architecture[],
  choices: VelocityChoices = {},
): VelocityConfig {
  const defaults = velocityDefaults(kind);
  for (const [name, value] of Object.entries(choices) as [string, unknown][]) {
    ensure(
      value === undefined || name in defaults,
      'invalid-argument',
      () =>
        `a velocity network of kind ${kind} has no ${name}: it has ` +
        Object.keys(defaults).join(', '),
      name,
    );
  }
  const fields = velocityKind(kind).fieldsFor(population);
  return { kind, ...defaults, ...choices, ...fields } as VelocityConfig;
}
