import type { Architecture } from '../../network/architecture.js';
import { initialise } from '../../network/initialise.js';
import { networkOf } from '../../network/network.js';
import type { TensorSlot } from '../../network/slots.js';
import type { Random } from '../../random.js';

/** Starts that know nothing of any trained network. */
export const RANDOM_STARTS = ['default', 'he', 'xavier'] as const;
export type RandomStart = (typeof RANDOM_STARTS)[number];

/**
 * Random weights of an untrained network, flat, gains 1:
 *
 * - `default`: weights and biases uniform in ±1/√fanIn, as PyTorch's layers start
 * - `he`: weights normal with variance 2/fanIn, biases 0 (He et al. 2015)
 * - `xavier`: weights uniform in ±√(6/(fanIn + fanOut)), biases 0 (Glorot and Bengio 2010)
 */
export function randomStart(kind: RandomStart, arch: Architecture, random: Random): Float32Array {
  if (kind === 'default') return initialise(arch, random);
  const draw = ({ fanIn, fanOut }: TensorSlot): number =>
    kind === 'he'
      ? random.normal() * Math.sqrt(2 / fanIn)
      : (2 * random.uniform() - 1) * Math.sqrt(6 / (fanIn + fanOut));
  return fillTensors(arch, (slot) => {
    if (slot.init === 'ones') return 1;
    return slot.role === 'weight' ? draw(slot) : 0;
  });
}

/** Mean and standard deviation of a tensor's elements, times √fanIn. */
export interface TensorMoments {
  readonly mean: number;
  readonly std: number;
}

/**
 * Moments of every tensor over trained networks, by the tensor's name, in units of 1/√fanIn, so that
 * they serve other widths too.
 *
 * @param networks - flat weights, each with its architecture; the architectures have the same layers
 */
export function tensorMoments(
  networks: readonly { readonly architecture: Architecture; readonly weights: Float32Array }[],
): ReadonlyMap<string, TensorMoments> {
  const sums = new Map<string, { count: number; sum: number; squares: number }>();
  for (const { architecture, weights } of networks) {
    for (const { name, fanIn, offset, size } of networkOf(architecture).slots) {
      const sum = sums.get(name) ?? { count: 0, sum: 0, squares: 0 };
      for (const value of weights.subarray(offset, offset + size)) {
        const scaled = value * Math.sqrt(fanIn);
        sum.sum += scaled;
        sum.squares += scaled * scaled;
      }
      sum.count += size;
      sums.set(name, sum);
    }
  }
  return new Map(
    [...sums].map(([name, { count, sum, squares }]) => {
      const mean = sum / count;
      return [name, { mean, std: Math.sqrt(Math.max(0, squares / count - mean * mean)) }];
    }),
  );
}

/** Independent normal weights with the moments of trained networks. */
export function gaussianStart(
  arch: Architecture,
  moments: ReadonlyMap<string, TensorMoments>,
  random: Random,
): Float32Array {
  return fillTensors(arch, ({ name, fanIn }) => {
    const { mean, std } = moments.get(name) ?? { mean: 0, std: 1 };
    return (mean + std * random.normal()) / Math.sqrt(fanIn);
  });
}

/** A network whose output layer is as before any training, and the rest is given. */
export function withFreshOutput(
  arch: Architecture,
  weights: Float32Array,
  random: Random,
): Float32Array {
  const { slots } = networkOf(arch);
  const output = slots.at(-1)?.node;
  const fresh = initialise(arch, random);
  const mixed = Float32Array.from(weights);
  for (const { node, offset, size } of slots) {
    if (node === output) mixed.set(fresh.subarray(offset, offset + size), offset);
  }
  return mixed;
}

function fillTensors(arch: Architecture, draw: (slot: TensorSlot) => number): Float32Array {
  const { slots, parameters } = networkOf(arch);
  const weights = new Float32Array(parameters);
  for (const slot of slots) {
    for (let i = slot.offset; i < slot.offset + slot.size; i++) weights[i] = draw(slot);
  }
  return weights;
}
