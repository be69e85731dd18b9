import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { createCoupling, type CouplingKind } from '../flow/couplings/registry.js';
import type { Coordinates } from '../flow/coordinates.js';
import { WeightSpace } from '../flow/weight-space.js';
import type { Architecture } from '../network/architecture.js';

/** What a thread knows from its start. */
export interface CouplingThreadData {
  readonly kind: CouplingKind;
  /** Of the points. */
  readonly coordinates: Coordinates;
  /** By the number of their group. */
  readonly architectures: readonly Architecture[];
}

/** A batch to pair. */
export interface CouplingOrder {
  readonly group: number;
  readonly x0: readonly Float32Array[];
  readonly x1: readonly Float32Array[];
}

/** The x_1 of an order, or why there are none. Answers come in the order of the orders. */
export type CouplingAnswer =
  { readonly x1: readonly Float32Array<ArrayBuffer>[] } | { readonly error: unknown };

const { kind, coordinates, architectures } = workerData as CouplingThreadData;
const couplings = architectures.map((architecture) =>
  createCoupling(kind, new WeightSpace(architecture, coordinates)),
);
const port = parentPort as MessagePort;
port.on('message', ({ group, x0, x1 }: CouplingOrder) => {
  port.postMessage(answer(group, x0, x1));
});

function answer(
  group: number,
  x0: readonly Float32Array[],
  x1: readonly Float32Array[],
): CouplingAnswer {
  try {
    const couple = couplings[group] as (typeof couplings)[number];
    return { x1: couple(x0, x1) as readonly Float32Array<ArrayBuffer>[] };
  } catch (error) {
    return { error };
  }
}
