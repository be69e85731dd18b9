import { ensure } from '../errors.js';
import type { Activation } from './layers/activation.js';
import type { LayeredForm } from './layers/layered.js';

export { ACTIVATIONS, type Activation } from './layers/activation.js';

/**
 * What a network is without its numbers. `networkOf` tells all that follows from it.
 */
export type Architecture = LayeredForm;

/**
 * Checks and freezes the architecture of a multi-layer perceptron.
 *
 * @throws WeightspringError `invalid-argument` naming the layer at fault
 */
export function architecture(
  layers: readonly number[],
  activation: Activation = 'relu',
): Architecture {
  ensure(
    layers.length >= 2,
    'invalid-argument',
    () => `an architecture needs at least an input and an output width, got [${layers.join(', ')}]`,
    'architecture.layers',
  );
  layers.forEach((width, index) => {
    ensure(
      Number.isSafeInteger(width) && width >= 1,
      'invalid-argument',
      () => `layer width ${String(index)} must be a positive integer, got ${String(width)}`,
      `architecture.layers[${String(index)}]`,
    );
  });
  return Object.freeze({ layers: Object.freeze([...layers]), activation });
}

/** `30-16-16-2`: the usual short form of the widths. */
export function formatLayers(layers: readonly number[]): string {
  return layers.join('-');
}

/** `30-16-16-2/relu`: identifies an architecture in files and tables. */
export function architectureKey({ layers, activation }: Architecture): string {
  return `${formatLayers(layers)}/${activation}`;
}

/** Number of parameters, computed without allocating: Σ d_l (d_{l−1} + 1). */
export function parameterCount({ layers }: Pick<Architecture, 'layers'>): number {
  let total = 0;
  for (let l = 1; l < layers.length; l++) total += (layers[l] ?? 0) * ((layers[l - 1] ?? 0) + 1);
  return total;
}

/** Number of layers L with weights: hidden layers + 1. */
export function depth({ layers }: Architecture): number {
  return layers.length - 1;
}

export function hiddenWidths({ layers }: Architecture): readonly number[] {
  return layers.slice(1, -1);
}

/** The width at `index`, which callers know to exist. */
export function widthAt({ layers }: Architecture, index: number): number {
  return layers[index] ?? 0;
}
