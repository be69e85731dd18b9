import type { NamedTensor } from '../files/safetensors.js';
import type { Architecture } from '../network/architecture.js';
import { ensureWeights, networkOf } from '../network/network.js';
import type { TensorSlot } from '../network/slots.js';

/**
 * The tensors of a network as torch's `state_dict` names and lays them out: for a perceptron those
 * of `torch.nn.Sequential(Linear, σ, Linear, …)`, `0.weight [out, in]`, `0.bias [out]`, `2.weight`, …
 * The only place that converts between the two layouts.
 *
 * @param weights - flat
 * @throws WeightspringError `shape-mismatch` if the weights do not fit the architecture
 */
export function torchTensors(arch: Architecture, weights: Float32Array): NamedTensor[] {
  ensureWeights(arch, weights);
  return networkOf(arch).slots.map((slot) => {
    const { torchName: name, torchShape } = slot;
    const data = new Float32Array(slot.size);
    torchPlaces(slot).forEach((place, index) => {
      data[index] = weights[slot.offset + place] as number;
    });
    return { name, shape: torchShape, data };
  });
}

/**
 * The inverse of {@link torchTensors}.
 *
 * @param tensor - returns the tensor of a name, of exactly this size, or throws
 */
export function flatWeights(
  arch: Architecture,
  tensor: (name: string, size: number) => Float32Array,
): Float32Array {
  const { parameters, slots } = networkOf(arch);
  // Find all tensors before allocating: a file may claim more than it holds.
  const tensors = slots.map(({ torchName, size }) => tensor(torchName, size));
  const weights = new Float32Array(parameters);
  slots.forEach((slot, tensorIndex) => {
    const values = tensors[tensorIndex] as Float32Array;
    torchPlaces(slot).forEach((place, index) => {
      weights[slot.offset + place] = values[index] as number;
    });
  });
  return weights;
}

const known = new WeakMap<TensorSlot, Int32Array>();

/** Offsets in our tensor of the elements of torch's, in torch's order. */
function torchPlaces(slot: TensorSlot): Int32Array {
  const places = known.get(slot) ?? findPlaces(slot);
  known.set(slot, places);
  return places;
}

function findPlaces({ shape, size, torchAxes }: TensorSlot): Int32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const places = new Int32Array(size);
  let repeat = 1;
  for (const axis of [...torchAxes].reverse()) {
    const length = shape[axis] as number;
    for (let index = 0; index < size; index++) {
      const position = Math.floor(index / repeat) % length;
      places[index] = (places[index] as number) + position * (strides[axis] as number);
    }
    repeat *= length;
  }
  return places;
}
