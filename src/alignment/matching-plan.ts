import { axisView, type AxisView } from '../network/axis-view.js';
import type { PermutationSpec } from '../network/permutation-spec.js';
import type { TensorSlot } from '../network/slots.js';

/** What the objective of a matching needs of a tensor. */
export interface TensorPlan {
  readonly offset: number;
  readonly size: number;
  /** s². */
  readonly factor: number;
}

/** An axis that follows a group. */
export interface GroupAxis extends AxisView {
  /** s² of its tensor. */
  readonly factor: number;
}

/** What depends on the permutation of one group. */
export interface GroupPlan {
  readonly size: number;
  /** All axes that follow it. */
  readonly axes: readonly GroupAxis[];
  /** The tensors that have them. */
  readonly tensors: readonly TensorPlan[];
  /** One of the tensors has two: the objective is quadratic in the permutation. */
  readonly isQuadratic: boolean;
}

/** @param tensors - of the slots, in the same order */
export function planGroups(
  spec: PermutationSpec,
  slots: readonly TensorSlot[],
  tensors: readonly TensorPlan[],
): readonly GroupPlan[] {
  return spec.groups.map(({ name, size }) => {
    const following = slots.flatMap((slot, index) => {
      const tensor = tensors[index] as TensorPlan;
      const axes = (spec.axes.get(slot.name) ?? []).flatMap((follows, axis) =>
        follows === name ? [{ ...axisView(slot, axis), factor: tensor.factor }] : [],
      );
      return axes.length === 0 ? [] : [{ tensor, axes }];
    });
    return {
      size,
      axes: following.flatMap(({ axes }) => axes),
      tensors: following.map(({ tensor }) => tensor),
      isQuadratic: following.some(({ axes }) => axes.length > 1),
    };
  });
}

/** Adds `s² Σ_{o,k} a[o, i, k] b[o, j, k]` to `gram[i, j]`. */
export function accumulateGram(
  a: Float64Array,
  b: Float64Array,
  { offset, outer, size, inner, factor }: GroupAxis,
  gram: Float64Array,
): void {
  const block = size * inner;
  for (let o = 0, start = offset; o < outer; o++, start += block) {
    for (let i = 0; i < size; i++) {
      const row = start + i * inner;
      const to = i * size;
      if (inner === 1) {
        // A rank-one update: the usual case of incoming weights and biases.
        const scaled = factor * (a[row] as number);
        for (let j = 0; j < size; j++) {
          gram[to + j] = (gram[to + j] as number) + scaled * (b[start + j] as number);
        }
        continue;
      }
      for (let j = 0, other = start; j < size; j++, other += inner) {
        let dot = 0;
        for (let k = 0; k < inner; k++) {
          dot += (a[row + k] as number) * (b[other + k] as number);
        }
        gram[to + j] = (gram[to + j] as number) + factor * dot;
      }
    }
  }
}

/**
 * Reorders an axis in place: new index i is old index `gather[i]`.
 *
 * @param scratch - room for size · inner numbers
 */
export function gatherAxis(
  values: Float64Array,
  { offset, outer, size, inner }: AxisView,
  gather: Int32Array,
  scratch: Float64Array,
): void {
  const block = size * inner;
  for (let o = 0, start = offset; o < outer; o++, start += block) {
    for (let i = 0; i < block; i++) scratch[i] = values[start + i] as number;
    for (let i = 0; i < size; i++) {
      const to = start + i * inner;
      const from = (gather[i] as number) * inner;
      for (let k = 0; k < inner; k++) values[to + k] = scratch[from + k] as number;
    }
  }
}
