import type { Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import type { HostTensor } from '../ops/host-tensor.js';
import type { Random } from '../random.js';

/** A node whose outputs are dropped. */
export interface DroppedNode {
  readonly id: string;
  /** Of one row. */
  readonly shape: readonly number[];
}

/** The hidden activations of a network, in the order of its graph: where dropout usually stands. */
export function droppedNodes(arch: Architecture): readonly DroppedNode[] {
  return networkOf(arch)
    .graph.nodes.filter(({ layer }) => layer.op === 'activation')
    .map(({ id, shape }) => ({ id, shape: shape as readonly number[] }));
}

/**
 * Masks of inverted dropout for M networks side by side: 1/(1 − p) with probability 1 − p, else 0,
 * one number per hidden value.
 *
 * @see Srivastava et al. 2014, "Dropout"
 */
export class DropoutMasks {
  readonly #masks: readonly HostTensor[];
  readonly #randoms: readonly Random[];

  /**
   * @param rows - rows of a batch
   * @param rates - p of each network, in [0, 1)
   * @param random - the generator of a network, called once for each
   */
  constructor(
    arch: Architecture,
    rows: number,
    private readonly rates: readonly number[],
    random: (network: number) => Random,
  ) {
    this.#randoms = rates.map((_, network) => random(network));
    this.#masks = droppedNodes(arch).map(({ shape }) => {
      const full = [rates.length, rows, ...shape];
      return { shape: full, data: new Float32Array(full.reduce((a, b) => a * b, 1)) };
    });
  }

  /** `[M, N, …]` for every dropped node; the next call reuses them. */
  next(): readonly HostTensor[] {
    for (const { data } of this.#masks) {
      const size = data.length / this.rates.length;
      this.rates.forEach((rate, network) => {
        const random = this.#randoms[network] as Random;
        const kept = 1 / (1 - rate);
        for (let i = network * size; i < (network + 1) * size; i++) {
          data[i] = random.uniform() < rate ? 0 : kept;
        }
      });
    }
    return this.#masks;
  }
}
