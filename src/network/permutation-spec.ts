import { depth, widthAt, type Architecture } from './architecture.js';

/** A group of neurons that may be permuted together: the neurons of one hidden layer. */
export interface PermutationGroup {
  /** `h1`, `h2`, …: the hidden layer. */
  readonly name: string;
  readonly size: number;
}

/**
 * The permutation symmetry of an architecture as data: which axis of which tensor follows which
 * group. One matcher serves every architecture that can be described so.
 *
 * @see Ainsworth et al. 2023, "Git Re-Basin"
 */
export interface PermutationSpec {
  readonly groups: readonly PermutationGroup[];
  /** Tensor name → for each axis the group that permutes it, or null. */
  readonly axes: ReadonlyMap<string, readonly (string | null)[]>;
}

/** The spec of a multi-layer perceptron: `W_l` has axes (h_{l−1}, h_l), `b_l` has (h_l). */
export function mlpPermutationSpec(arch: Architecture): PermutationSpec {
  const last = depth(arch);
  const group = (layer: number): string | null =>
    layer >= 1 && layer < last ? `h${String(layer)}` : null;
  const groups: PermutationGroup[] = [];
  const axes = new Map<string, readonly (string | null)[]>();
  for (let layer = 1; layer <= last; layer++) {
    axes.set(`w${String(layer)}`, [group(layer - 1), group(layer)]);
    axes.set(`b${String(layer)}`, [group(layer)]);
    const name = group(layer);
    if (name !== null) groups.push({ name, size: widthAt(arch, layer) });
  }
  return { groups, axes };
}
