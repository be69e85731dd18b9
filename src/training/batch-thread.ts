import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { Coordinates } from '../flow/coordinates.js';
import { WeightSpace } from '../flow/weight-space.js';
import type { Architecture } from '../network/architecture.js';
import { Random, type RandomState } from '../random.js';
import { FlowBatches, type FlowBatch, type FlowBatchOptions } from './flow-batches.js';

/** What a thread knows from its start. Large arrays are in shared memory. */
export interface BatchThreadData {
  readonly options: FlowBatchOptions;
  /** Of the points. */
  readonly coordinates: Coordinates;
  readonly groups: readonly {
    readonly architecture: Architecture;
    readonly points: readonly Float32Array[];
  }[];
  /** How many threads there are, and which of them this is: it makes every such batch. */
  readonly threads: number;
  readonly thread: number;
}

/** Asks for the next batch of a thread; with a state, for the first one after it. */
export interface BatchOrder {
  readonly after?: RandomState;
}

/** Answers come in the order of the orders. */
export type BatchAnswer =
  { readonly batch: FlowBatch; readonly state: RandomState } | { readonly error: unknown };

const { options, coordinates, groups, threads, thread } = workerData as BatchThreadData;
const random = new Random(0);
const batches = new FlowBatches(
  groups.map(({ architecture, points }) => ({
    space: new WeightSpace(architecture, coordinates),
    points,
  })),
  options,
  random,
);
const port = parentPort as MessagePort;
port.on('message', ({ after }: BatchOrder) => {
  try {
    if (after !== undefined) random.state = after;
    const answer = make(after === undefined ? threads - 1 : thread);
    const buffers = answer.batch.inputs.map(({ data }) => data.buffer as ArrayBuffer);
    port.postMessage(answer satisfies BatchAnswer, buffers);
  } catch (error) {
    port.postMessage({ error } satisfies BatchAnswer);
  }
});

/** What other threads make is drawn and dropped: that leaves the generator as they leave it. */
function make(skipped: number): { readonly batch: FlowBatch; readonly state: RandomState } {
  for (let batch = 0; batch < skipped; batch++) batches.draw();
  const drawn = batches.draw();
  const { state } = random;
  return { batch: batches.complete(drawn), state };
}
