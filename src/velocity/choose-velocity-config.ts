import { formatLayers, hiddenWidths, type Architecture } from '../network/architecture.js';
import { ensure } from '../errors.js';
import type { VelocityConfig } from './create-velocity-network.js';
import type { EdgeUpdate } from './edge-features.js';
import { MLP_DEFAULTS } from './mlp.js';
import { NEURON_TRANSFORMER_DEFAULTS } from './neuron-transformer.js';
import { PNA_DEFAULTS } from './pna.js';
import { RELATIONAL_TRANSFORMER_DEFAULTS } from './relational-transformer.js';

/** The kinds of velocity networks; the first is the default. */
export const VELOCITY_KINDS = [
  'neuron-transformer',
  'relational-transformer',
  'pna',
  'mlp',
] as const satisfies readonly VelocityConfig['kind'][];
export type VelocityKind = (typeof VELOCITY_KINDS)[number];

/** Names of the sizes to choose; each kind has some of them. */
export const VELOCITY_SIZES = [
  'width',
  'blocks',
  'heads',
  'edgeWidth',
  'mlpRatio',
  'slots',
] as const;
export type VelocitySizes = Readonly<Partial<Record<(typeof VELOCITY_SIZES)[number], number>>>;

/** What may be chosen beside the kind; each kind has some of it. */
export const VELOCITY_CHOICES = [...VELOCITY_SIZES, 'edgeUpdate'] as const;
export type VelocityChoices = VelocitySizes & { readonly edgeUpdate?: EdgeUpdate };

const DEFAULTS = {
  'neuron-transformer': NEURON_TRANSFORMER_DEFAULTS,
  'relational-transformer': RELATIONAL_TRANSFORMER_DEFAULTS,
  pna: PNA_DEFAULTS,
  mlp: MLP_DEFAULTS,
} as const;

/** The choices of each kind where none are made. */
export const VELOCITY_DEFAULTS: Readonly<Record<VelocityKind, VelocityChoices>> = DEFAULTS;

/**
 * The configuration of a velocity network for a population.
 *
 * @param architectures - of one task, at least one; for `mlp` all with the same widths
 * @param choices - in place of the kind's defaults
 * @throws WeightspringError `invalid-argument` for a choice that the kind does not have,
 * `unsupported-architecture` for several architectures that the kind cannot serve at once
 */
export function chooseVelocityConfig(
  kind: VelocityKind,
  architectures: readonly Architecture[],
  choices: VelocityChoices = {},
): VelocityConfig {
  ensureChoicesExist(kind, choices);
  const [first] = architectures;
  ensure(first !== undefined, 'invalid-argument', () => 'expected an architecture, got none');
  const ends = { inputs: first.layers[0] ?? 0, outputs: first.layers.at(-1) ?? 0 };
  if (kind === 'mlp') {
    for (const { layers } of architectures) {
      ensure(
        formatLayers(layers) === formatLayers(first.layers),
        'unsupported-architecture',
        () =>
          `an mlp serves one architecture, the population has ${formatLayers(first.layers)} and ` +
          `${formatLayers(layers)}: choose another velocity network`,
      );
    }
    return { ...MLP_DEFAULTS, ...choices, ...ends, hiddenWidths: hiddenWidths(first) };
  }
  const maxHiddenLayers = Math.max(...architectures.map((arch) => hiddenWidths(arch).length));
  return { ...DEFAULTS[kind], ...choices, ...ends, maxHiddenLayers };
}

function ensureChoicesExist(kind: VelocityKind, choices: VelocityChoices): void {
  for (const [name, value] of Object.entries(choices) as [string, unknown][]) {
    ensure(
      value === undefined || name in DEFAULTS[kind],
      'invalid-argument',
      () =>
        `a velocity network of kind ${kind} has no ${name}: it has ` +
        Object.keys(DEFAULTS[kind])
          .filter((key) => key !== 'kind')
          .join(', '),
      name,
    );
  }
}
