import { ensure, WeightspringError } from '../errors.js';

/** Activations σ between the layers. `gelu` is the exact one, x·Φ(x). */
export const ACTIVATIONS = ['relu', 'tanh', 'gelu', 'silu'] as const;
export type Activation = (typeof ACTIVATIONS)[number];

/**
 * A multi-layer perceptron: widths `(d_0, …, d_L)` and the activation between its layers.
 *
 * Weights `W_l` are `[d_{l−1}, d_l]` (row-vector convention, `y = x·W + b`), logits at the end.
 */
export interface Architecture {
  readonly layers: readonly number[];
  readonly activation: Activation;
}

/** Where one tensor of a network lies in its flat weight vector. */
export interface TensorSlot {
  /** `w1`, `b1`, `w2`, …: numbered from 1 as in the notation. */
  readonly name: string;
  readonly kind: 'weight' | 'bias';
  /** l, from 1 to L. */
  readonly layer: number;
  /** `[d_{l−1}, d_l]` for a weight, `[d_l]` for a bias. */
  readonly shape: readonly number[];
  /** Position of the first element in the flat vector. */
  readonly offset: number;
  readonly size: number;
}

/**
 * Checks and freezes an architecture.
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

/** Number of layers L with weights: hidden layers + 1. */
export function depth({ layers }: Architecture): number {
  return layers.length - 1;
}

export function hiddenWidths({ layers }: Architecture): readonly number[] {
  return layers.slice(1, -1);
}

/** The width at `index`, which callers know to exist. */
export function widthAt({ layers }: Architecture, index: number): number {
  const width = layers[index];
  if (width === undefined) {
    throw new WeightspringError('internal', `no layer ${String(index)} in [${layers.join(', ')}]`);
  }
  return width;
}

/** `30-16-16-2`: the usual short form of the widths. */
export function formatLayers(layers: readonly number[]): string {
  return layers.join('-');
}

/** `30-16-16-2/relu`: identifies an architecture in files and tables. */
export function architectureKey({ layers, activation }: Architecture): string {
  return `${formatLayers(layers)}/${activation}`;
}

/**
 * The tensors of a network in flat order `W_1, b_1, W_2, b_2, …`, each row-major.
 */
export function tensorLayout(arch: Architecture): readonly TensorSlot[] {
  const slots: TensorSlot[] = [];
  let offset = 0;
  for (let layer = 1; layer <= depth(arch); layer++) {
    const fanIn = widthAt(arch, layer - 1);
    const fanOut = widthAt(arch, layer);
    const shared = { layer } as const;
    slots.push({
      ...shared,
      name: `w${String(layer)}`,
      kind: 'weight',
      shape: [fanIn, fanOut],
      offset,
      size: fanIn * fanOut,
    });
    offset += fanIn * fanOut;
    slots.push({
      ...shared,
      name: `b${String(layer)}`,
      kind: 'bias',
      shape: [fanOut],
      offset,
      size: fanOut,
    });
    offset += fanOut;
  }
  return slots;
}

/** Number of parameters, computed without allocating: Σ d_l (d_{l−1} + 1). */
export function parameterCount({ layers }: Pick<Architecture, 'layers'>): number {
  let total = 0;
  for (let l = 1; l < layers.length; l++) total += (layers[l] ?? 0) * ((layers[l - 1] ?? 0) + 1);
  return total;
}
