import { z } from 'zod';
import { ensure } from '../errors.js';
import { isLayered, type Architecture } from '../network/architecture.js';
import { architectureSchema } from '../network/grammar.js';
import { networkOf } from '../network/network.js';
import { withHiddenSizes } from '../network/resize.js';
import type { VelocityNetwork } from './velocity-network.js';

/** What every configuration of a velocity network has. */
export interface VelocityConfigBase {
  readonly kind: string;
  /** Features and classes, fixed by the task. */
  readonly inputs: number;
  readonly outputs: number;
  readonly blocks: number;
}

/** Fields that all kinds for any widths have as well. */
export interface AnyWidthsConfig extends VelocityConfigBase {
  /** Deepest architecture served, in hidden layers. */
  readonly maxHiddenLayers: number;
  /** One network of each family served, where some are no perceptrons: their widths do not matter. */
  readonly graphs?: readonly Architecture[] | undefined;
}

/**
 * A kind of velocity network: its one file holds all that flows need to know about it.
 *
 * @typeParam K - the fields that may be chosen in training
 */
export interface VelocityKind<C extends VelocityConfigBase, K extends keyof C> {
  /** Defaults of what may be chosen. */
  readonly defaults: Pick<C, K> & { readonly kind: C['kind'] };
  /**
   * Fields of a configuration, within bounds that keep what is recorded and read small, with what
   * they must fulfil together. Those that may be chosen have a description, which the command line
   * shows.
   */
  readonly schema: z.ZodObject;
  /**
   * The fields derived from the architectures of a population.
   *
   * @param population - of one task, at least one
   * @throws WeightspringError `unsupported-architecture` for architectures that it cannot serve
   * together
   */
  fieldsFor(population: readonly Architecture[]): Omit<C, K | 'kind'>;
  /** Number of sets of hidden neurons of the deepest architecture served. */
  hiddenLayers(config: C): number;
  create(config: C): VelocityNetwork;
}

/** Schemas of fields that several kinds have. */
export const fields = {
  inputs: upTo(2 ** 20),
  outputs: upTo(2 ** 16),
  maxHiddenLayers: upTo(16),
  graphs: z.array(architectureSchema).min(1).max(16).readonly().optional(),
  width: upTo(4096).describe('features of a neuron, or of the trunk'),
  blocks: upTo(64).describe('blocks'),
  heads: upTo(64).describe('attention heads'),
  edgeWidth: upTo(1024).describe('features of a weight'),
  mlpRatio: upTo(16).describe('ratio of the hidden width of MLPs to their width'),
};

/** An integer from 1. */
export function upTo(max: number): z.ZodInt {
  return z.int().min(1).max(max);
}

/** Features and classes of a population. */
export function endsOf(population: readonly Architecture[]): {
  readonly inputs: number;
  readonly outputs: number;
} {
  const { inputs, outputs } = firstOf(population);
  return { inputs, outputs };
}

/** Members that all kinds for any widths have in common. */
export const anyWidthsKind = {
  fieldsFor: (
    population: readonly Architecture[],
  ): Pick<AnyWidthsConfig, 'inputs' | 'outputs' | 'maxHiddenLayers' | 'graphs'> => {
    const depths = population.map((arch) => networkOf(arch).groups.length);
    const ends = { ...endsOf(population), maxHiddenLayers: Math.max(...depths) };
    return population.every(isLayered) ? ends : { ...ends, graphs: narrowest(population) };
  },
  hiddenLayers: ({ maxHiddenLayers }: AnyWidthsConfig): number => maxHiddenLayers,
};

/** One network of each family, with one hidden neuron per group. */
function narrowest(population: readonly Architecture[]): readonly Architecture[] {
  const byFamily = new Map(population.map((arch) => [networkOf(arch).family.key, arch]));
  return [...byFamily.values()].map((arch) => withHiddenSizes(arch, () => 1));
}

function firstOf([first]: readonly Architecture[]): ReturnType<typeof networkOf> {
  ensure(first !== undefined, 'invalid-argument', () => 'expected an architecture, got none');
  return networkOf(first);
}
