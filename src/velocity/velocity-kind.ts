import { z } from 'zod';
import { ensure } from '../errors.js';
import type { Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import type { VelocityNetwork } from './velocity-network.js';

/** What every configuration of a velocity network has. */
export interface VelocityConfigBase {
  readonly kind: string;
  /** Features and classes: the task fixes them. */
  readonly inputs: number;
  readonly outputs: number;
  readonly blocks: number;
}

/** Fields that all kinds for any widths have as well. */
export interface AnyWidthsConfig extends VelocityConfigBase {
  /** Deepest architecture served, in hidden layers. */
  readonly maxHiddenLayers: number;
}

/**
 * A kind of velocity network: its one file holds all that flows need to know about it.
 *
 * @typeParam K - the fields that whoever trains a flow may choose
 */
export interface VelocityKind<C extends VelocityConfigBase, K extends keyof C> {
  /** Defaults of what may be chosen. */
  readonly defaults: Pick<C, K> & { readonly kind: C['kind'] };
  /**
   * Fields of a configuration, within bounds that keep what is recorded and read small. Those that
   * may be chosen have a description, which the command line shows.
   */
  readonly schema: z.ZodObject;
  /**
   * The fields that follow from the networks of a population.
   *
   * @param population - of one task, at least one
   * @throws WeightspringError `unsupported-architecture` for architectures that it cannot serve at
   *   once
   */
  fieldsFor(population: readonly Architecture[]): Omit<C, K | 'kind'>;
  /** Sets of hidden neurons of the deepest architecture served. */
  hiddenLayers(config: C): number;
  create(config: C): VelocityNetwork;
}

/** Schemas of fields that several kinds have. */
export const fields = {
  inputs: upTo(2 ** 20),
  outputs: upTo(2 ** 16),
  maxHiddenLayers: upTo(16),
  width: upTo(4096).describe('features of a neuron, of the trunk'),
  blocks: upTo(64).describe('blocks'),
  heads: upTo(64).describe('attention heads'),
  edgeWidth: upTo(1024).describe('features of a weight'),
  mlpRatio: upTo(16).describe('hidden width of MLPs over theirs'),
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
  ): Pick<AnyWidthsConfig, 'inputs' | 'outputs' | 'maxHiddenLayers'> => {
    const depths = population.map((arch) => networkOf(arch).groups.length);
    return { ...endsOf(population), maxHiddenLayers: Math.max(...depths) };
  },
  hiddenLayers: ({ maxHiddenLayers }: AnyWidthsConfig): number => maxHiddenLayers,
};

/** @throws WeightspringError `invalid-argument` for heads that do not divide the width */
export function ensureHeads({ width, heads }: Record<'width' | 'heads', number>): void {
  ensure(
    width % heads === 0,
    'invalid-argument',
    () => `width ${width} must be a multiple of heads ${heads}`,
    'width',
  );
}

function firstOf([first]: readonly Architecture[]): ReturnType<typeof networkOf> {
  ensure(first !== undefined, 'invalid-argument', () => 'expected an architecture, got none');
  return networkOf(first);
}
