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

/**
 * Adds `s² Σ_{o,k} a[o, i, k] b[o, j, k]` to `gram[i, j]`.
 *
 * Four by four entries are summed side by side, so that a number that is read serves four times;
 * each entry's own sum has the order of o and k.
 */
export function accumulateGram(
  a: Float64Array,
  b: Float64Array,
  axis: GroupAxis,
  gram: Float64Array,
): void {
  const { size, inner } = axis;
  const tiled = size - (size % TILE);
  for (let i = 0; i < size; i++) {
    for (let j = i < tiled ? tiled : 0; j < size; j++) addEntry(a, b, axis, gram, i, j);
  }
  // Incoming weights and biases end with the group; outgoing weights begin with it.
  const addTile = inner === 1 ? addIncomingTile : addOutgoingTile;
  for (let i = 0; i < tiled; i += TILE) {
    for (let j = 0; j < tiled; j += TILE) addTile(a, b, axis, gram, i, j);
  }
}

const TILE = 4;

function addEntry(
  a: Float64Array,
  b: Float64Array,
  { offset, outer, size, inner, factor }: GroupAxis,
  gram: Float64Array,
  i: number,
  j: number,
): void {
  const at = i * size + j;
  let sum = gram[at] as number;
  for (let o = 0, start = offset; o < outer; o++, start += size * inner) {
    const [row, other] = [start + i * inner, start + j * inner];
    if (inner === 1) {
      sum += factor * (a[row] as number) * (b[other] as number);
      continue;
    }
    let dot = 0;
    for (let k = 0; k < inner; k++) dot += (a[row + k] as number) * (b[other + k] as number);
    sum += factor * dot;
  }
  gram[at] = sum;
}

function addIncomingTile(
  a: Float64Array,
  b: Float64Array,
  { offset, outer, size, factor }: GroupAxis,
  gram: Float64Array,
  i: number,
  j: number,
): void {
  const [r0, r1, r2, r3] = [
    i * size + j,
    (i + 1) * size + j,
    (i + 2) * size + j,
    (i + 3) * size + j,
  ];
  let s00 = gram[r0] as number;
  let s01 = gram[r0 + 1] as number;
  let s02 = gram[r0 + 2] as number;
  let s03 = gram[r0 + 3] as number;
  let s10 = gram[r1] as number;
  let s11 = gram[r1 + 1] as number;
  let s12 = gram[r1 + 2] as number;
  let s13 = gram[r1 + 3] as number;
  let s20 = gram[r2] as number;
  let s21 = gram[r2 + 1] as number;
  let s22 = gram[r2 + 2] as number;
  let s23 = gram[r2 + 3] as number;
  let s30 = gram[r3] as number;
  let s31 = gram[r3 + 1] as number;
  let s32 = gram[r3 + 2] as number;
  let s33 = gram[r3 + 3] as number;
  for (let o = 0, row = offset + i, column = offset + j; o < outer; o++) {
    const a0 = factor * (a[row] as number);
    const a1 = factor * (a[row + 1] as number);
    const a2 = factor * (a[row + 2] as number);
    const a3 = factor * (a[row + 3] as number);
    const b0 = b[column] as number;
    const b1 = b[column + 1] as number;
    const b2 = b[column + 2] as number;
    const b3 = b[column + 3] as number;
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
    s23 += a2 * b3;
    s30 += a3 * b0;
    s31 += a3 * b1;
    s32 += a3 * b2;
    s33 += a3 * b3;
    row += size;
    column += size;
  }
  gram[r0] = s00;
  gram[r0 + 1] = s01;
  gram[r0 + 2] = s02;
  gram[r0 + 3] = s03;
  gram[r1] = s10;
  gram[r1 + 1] = s11;
  gram[r1 + 2] = s12;
  gram[r1 + 3] = s13;
  gram[r2] = s20;
  gram[r2 + 1] = s21;
  gram[r2 + 2] = s22;
  gram[r2 + 3] = s23;
  gram[r3] = s30;
  gram[r3 + 1] = s31;
  gram[r3 + 2] = s32;
  gram[r3 + 3] = s33;
}

function addOutgoingTile(
  a: Float64Array,
  b: Float64Array,
  { offset, outer, size, inner, factor }: GroupAxis,
  gram: Float64Array,
  i: number,
  j: number,
): void {
  for (let o = 0, start = offset; o < outer; o++, start += size * inner) {
    let s00 = 0;
    let s01 = 0;
    let s02 = 0;
    let s03 = 0;
    let s10 = 0;
    let s11 = 0;
    let s12 = 0;
    let s13 = 0;
    let s20 = 0;
    let s21 = 0;
    let s22 = 0;
    let s23 = 0;
    let s30 = 0;
    let s31 = 0;
    let s32 = 0;
    let s33 = 0;
    for (let k = 0, row = start + i * inner, column = start + j * inner; k < inner; k++) {
      const a0 = a[row] as number;
      const a1 = a[row + inner] as number;
      const a2 = a[row + 2 * inner] as number;
      const a3 = a[row + 3 * inner] as number;
      const b0 = b[column] as number;
      const b1 = b[column + inner] as number;
      const b2 = b[column + 2 * inner] as number;
      const b3 = b[column + 3 * inner] as number;
      s00 += a0 * b0;
      s01 += a0 * b1;
      s02 += a0 * b2;
      s03 += a0 * b3;
      s10 += a1 * b0;
      s11 += a1 * b1;
      s12 += a1 * b2;
      s13 += a1 * b3;
      s20 += a2 * b0;
      s21 += a2 * b1;
      s22 += a2 * b2;
      s23 += a2 * b3;
      s30 += a3 * b0;
      s31 += a3 * b1;
      s32 += a3 * b2;
      s33 += a3 * b3;
      row++;
      column++;
    }
    const r0 = i * size + j;
    const [r1, r2, r3] = [r0 + size, r0 + 2 * size, r0 + 3 * size];
    gram[r0] = (gram[r0] as number) + factor * s00;
    gram[r0 + 1] = (gram[r0 + 1] as number) + factor * s01;
    gram[r0 + 2] = (gram[r0 + 2] as number) + factor * s02;
    gram[r0 + 3] = (gram[r0 + 3] as number) + factor * s03;
    gram[r1] = (gram[r1] as number) + factor * s10;
    gram[r1 + 1] = (gram[r1 + 1] as number) + factor * s11;
    gram[r1 + 2] = (gram[r1 + 2] as number) + factor * s12;
    gram[r1 + 3] = (gram[r1 + 3] as number) + factor * s13;
    gram[r2] = (gram[r2] as number) + factor * s20;
    gram[r2 + 1] = (gram[r2 + 1] as number) + factor * s21;
    gram[r2 + 2] = (gram[r2 + 2] as number) + factor * s22;
    gram[r2 + 3] = (gram[r2 + 3] as number) + factor * s23;
    gram[r3] = (gram[r3] as number) + factor * s30;
    gram[r3 + 1] = (gram[r3 + 1] as number) + factor * s31;
    gram[r3 + 2] = (gram[r3 + 2] as number) + factor * s32;
    gram[r3 + 3] = (gram[r3 + 3] as number) + factor * s33;
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
