import type { PointTensor } from '../network/point-layout.js';
import type { TensorSlot } from '../network/slots.js';
import { sizeOf } from '../ops/shape-rules.js';

/** A tensor of a point at its place among the flat coordinates. */
export interface PointBlock {
  readonly tensor: PointTensor<number>;
  /** The weights that it is coordinates of; null for the log scale. */
  readonly slot: TensorSlot | null;
  readonly offset: number;
  readonly size: number;
}

/**
 * Places the tensors of a point one after the other.
 *
 * @param slots - tensors of the network, found by their names
 */
export function pointBlocks(
  tensors: readonly PointTensor<number>[],
  slots: readonly TensorSlot[],
): readonly PointBlock[] {
  const slotOf = new Map(slots.map((slot) => [slot.name, slot]));
  let offset = 0;
  return tensors.map((tensor) => {
    const size = sizeOf(tensor.shape);
    const slot = tensor.role === 'log-scale' ? null : (slotOf.get(tensor.name) ?? null);
    const block = { tensor, slot, offset, size };
    offset += size;
    return block;
  });
}

/**
 * The weights of a point, flat.
 *
 * @param scales - what coordinates are multiplied by, one per block. Default: 1
 */
export function weightsIn(
  blocks: readonly PointBlock[],
  coordinates: Float32Array,
  scales: readonly number[] = [],
): Float32Array {
  const weights = new Float32Array(
    blocks.reduce((sum, { slot, size }) => (slot === null ? sum : sum + size), 0),
  );
  blocks.forEach(({ slot, offset, size }, index) => {
    if (slot === null) return;
    const scale = scales[index] ?? 1;
    for (let i = 0; i < size; i++) {
      weights[slot.offset + i] = (coordinates[offset + i] as number) * scale;
    }
  });
  return weights;
}

/**
 * Puts flat weights into the coordinates of a point: the inverse of {@link weightsIn}.
 *
 * @param scales - what weights are divided by once they are float32, one per block. Default: 1
 */
export function putWeights(
  blocks: readonly PointBlock[],
  coordinates: Float32Array,
  weights: ArrayLike<number>,
  scales: readonly number[] = [],
): void {
  blocks.forEach(({ slot, offset, size }, index) => {
    if (slot === null) return;
    const scale = scales[index] ?? 1;
    for (let i = 0; i < size; i++) {
      coordinates[offset + i] = Math.fround(weights[slot.offset + i] as number) / scale;
    }
  });
}
