import { formatLayers, hiddenWidths, type Architecture } from '../architecture/architecture.js';
import { ensure } from '../errors.js';
import type { VelocityConfig } from './create-velocity-network.js';
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

const DEFAULTS = {
  'neuron-transformer': NEURON_TRANSFORMER_DEFAULTS,
  'relational-transformer': RELATIONAL_TRANSFORMER_DEFAULTS,
  pna: PNA_DEFAULTS,
  mlp: MLP_DEFAULTS,
} as const;

/** The sizes of each kind where none are chosen. */
export const VELOCITY_DEFAULTS: Readonly<Record<VelocityKind, VelocitySizes>> = DEFAULTS;

/**
 * The configuration of a velocity network for a population.
 *
 * @param architectures - of one task, at least one; for `mlp` all with the same widths
 * @param sizes - in place of the kind's defaults
 * @throws WeightspringError `invalid-argument` for a size that the kind does not have,
 * `unsupported-architecture` for several architectures that the kind cannot serve at once
 */
export function chooseVelocityConfig(
  kind: VelocityKind,
  architectures: readonly Architecture[],
  sizes: VelocitySizes = {},
): VelocityConfig {
  ensureSizesExist(kind, sizes);
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
    return { ...MLP_DEFAULTS, ...sizes, ...ends, hiddenWidths: hiddenWidths(first) };
  }
  const maxHiddenLayers = Math.max(...architectures.map((arch) => hiddenWidths(arch).length));
  return { ...DEFAULTS[kind], ...sizes, ...ends, maxHiddenLayers };
}

function ensureSizesExist(kind: VelocityKind, sizes: VelocitySizes): void {
  for (const [name, value] of Object.entries(sizes) as [string, number | undefined][]) {
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
