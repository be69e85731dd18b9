import { mlp } from './mlp.js';
import { neuronTransformer } from './neuron-transformer.js';
import { pna } from './pna.js';
import { relationalTransformer } from './relational-transformer.js';
import type { VelocityKind as Kind } from './velocity-kind.js';

/**
 * The kinds of velocity networks, the default first. To add one, write its file and add it here.
 */
const KINDS = [neuronTransformer, relationalTransformer, pna, mlp] as const;

type ConfigOf<T> = T extends { create(config: infer C): unknown } ? C : never;
type ChoicesOf<T> = T extends { readonly defaults: infer D } ? Omit<D, 'kind'> : never;
type Intersection<T> = (T extends unknown ? (value: T) => void : never) extends (
  value: infer I,
) => void
  ? I
  : never;

/** Sizes of a velocity network, by kind; `config.json` of a flow holds one. */
export type VelocityConfig = ConfigOf<(typeof KINDS)[number]>;
export type VelocityKind = VelocityConfig['kind'];

/** What may be chosen besides the kind; each kind has some of these fields. */
export type VelocityChoices = Readonly<Partial<Intersection<ChoicesOf<(typeof KINDS)[number]>>>>;

type AnyKind = Kind<VelocityConfig, never>;

const BY_NAME: ReadonlyMap<string, AnyKind> = new Map(
  // Each kind only gets its own configurations.
  KINDS.map((kind) => [kind.defaults.kind, kind as unknown as AnyKind]),
);

/** Names of the kinds. */
export const VELOCITY_KINDS: readonly VelocityKind[] = KINDS.map(({ defaults }) => defaults.kind);
export const DEFAULT_VELOCITY_KIND: VelocityKind = KINDS[0].defaults.kind;

/** The schemas of their configurations. */
export const VELOCITY_SCHEMAS = KINDS.map(({ schema }) => schema);

/** The kind with this name. */
export function velocityKind(name: VelocityKind): AnyKind {
  return BY_NAME.get(name) as AnyKind;
}

/** The default choices of a kind. */
export function velocityDefaults(name: VelocityKind): VelocityChoices {
  const defaults = Object.entries(velocityKind(name).defaults);
  return Object.fromEntries(defaults.filter(([field]) => field !== 'kind'));
}
