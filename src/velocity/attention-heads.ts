import type { z } from 'zod';
import { ensure } from '../errors.js';
import type { AnyWidthsConfig } from './velocity-kind.js';

/** Sizes that a kind with attention has. */
interface AttentionConfig extends Pick<AnyWidthsConfig, 'blocks' | 'maxHiddenLayers'> {
  readonly width: number;
  readonly heads: number;
}

/** Bound on the numbers in the constants of a record that relate heads to width. */
const MAX_CONSTANTS = 2 ** 23;

/** What the heads of a configuration must fulfil: a refinement of the schema of its kind. */
export function checkHeads(config: AttentionConfig, context: z.RefinementCtx): void {
  const { width, heads, blocks, maxHiddenLayers } = config;
  if (!areDivisors(config)) {
    context.addIssue({ code: 'custom', path: ['width'], message: expectedMultiple(config) });
  }
  if (heads * width * blocks * maxHiddenLayers ** 2 > MAX_CONSTANTS) {
    const message = `heads × width × blocks × maxHiddenLayers² is more than ${MAX_CONSTANTS}`;
    context.addIssue({ code: 'custom', path: ['heads'], message });
  }
}

type Heads = Pick<AttentionConfig, 'width' | 'heads'>;

/** @throws WeightspringError `invalid-argument` for heads that do not divide the width */
export function ensureHeads(config: Heads): void {
  ensure(areDivisors(config), 'invalid-argument', () => expectedMultiple(config), 'width');
}

const areDivisors = ({ width, heads }: Heads): boolean => width % heads === 0;

const expectedMultiple = ({ width, heads }: Heads): string =>
  `expected a width that is a multiple of ${heads} heads, got ${width}`;
