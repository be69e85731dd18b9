import { Worker } from 'node:worker_threads';
import type { Coordinates } from '../flow/coordinates.js';
import type { StandardisedGroup } from '../flow/standardise-population.js';
import type { RandomState } from '../random.js';
import type { BatchSource } from './batch-source.js';
import type { BatchAnswer, BatchOrder, BatchThreadData } from './batch-thread.js';
import type { FlowBatch, FlowBatchOptions } from './flow-batches.js';

export interface BatchesAheadOptions {
  readonly drawn: FlowBatchOptions;
  /** Of the points of the population. */
  readonly coordinates: Coordinates;
  /** Of the generator before the first batch. */
  readonly state: RandomState;
  /** Each has one batch on its way. */
  readonly threads: number;
}

/**
 * Has threads make batches by turns, ahead of the updates: the same ones as in turn. Every thread
 * draws all that is random, in the same order, but pairs noise and networks only in its own
 * batches, which is what takes long.
 */
export class BatchesAhead implements BatchSource {
  readonly #threads: readonly BatchThread[];
  /** The batches on their way, in the order in which they are taken; empty before the first. */
  #pending: Promise<BatchAnswer>[] = [];
  #state: RandomState;
  #taken = 0;

  constructor(
    population: readonly StandardisedGroup[],
    { drawn, coordinates, state, threads }: BatchesAheadOptions,
  ) {
    this.#state = state;
    const data = {
      options: shared(drawn),
      coordinates,
      groups: population.map(({ space, points }) => ({
        architecture: space.architecture,
        points: inSharedMemory(points),
      })),
      threads,
    };
    this.#threads = Array.from(
      { length: threads },
      (_, thread) => new BatchThread({ ...data, thread }),
    );
  }

  get state(): RandomState {
    return this.#state;
  }

  set state(state: RandomState) {
    this.#state = state;
    this.#pending = [];
  }

  /** @throws what making a batch throws, and when a thread ends */
  async next(): Promise<FlowBatch> {
    if (this.#pending.length === 0) {
      this.#taken = 0;
      this.#pending = this.#threads.map((thread) => thread.order({ after: this.#state }));
    }
    const answer = await (this.#pending.shift() as Promise<BatchAnswer>);
    if ('error' in answer) throw answer.error;
    const thread = this.#threads[this.#taken++ % this.#threads.length] as BatchThread;
    this.#pending.push(thread.order({}));
    this.#state = answer.state;
    return answer.batch;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }
}

/** One thread, which answers in turn. */
class BatchThread {
  readonly #worker: Worker;
  readonly #waiting: ((answer: BatchAnswer) => void)[] = [];
  #failure: BatchAnswer | undefined;

  constructor(data: BatchThreadData) {
    this.#worker = new Worker(new URL('./batch-thread.js', import.meta.url), {
      workerData: data,
      // The heap flags of the main thread do not apply.
      execArgv: [],
    });
    this.#worker.on('message', (answer: BatchAnswer) => this.#waiting.shift()?.(answer));
    this.#worker.on('error', (error) => {
      this.#fail(error);
    });
    this.#worker.on('exit', (code) => {
      this.#fail(new Error(`a thread that makes batches ended with code ${code}`));
    });
  }

  /** Never rejects: a batch on its way may never be taken. */
  order(order: BatchOrder): Promise<BatchAnswer> {
    if (this.#failure !== undefined) return Promise.resolve(this.#failure);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#worker.postMessage(order);
    });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    for (const resolve of this.#waiting.splice(0)) resolve(this.#failure);
  }
}

function shared({ behaviour, ...options }: FlowBatchOptions): FlowBatchOptions {
  if (behaviour === undefined) return options;
  const [inputs] = inSharedMemory([behaviour.inputs]) as [Float32Array];
  return { ...options, behaviour: { ...behaviour, inputs } };
}

/** Copies that threads read without copies of their own. */
function inSharedMemory(arrays: readonly Float32Array[]): readonly Float32Array[] {
  const numbers = arrays.reduce((sum, { length }) => sum + length, 0);
  const memory = new SharedArrayBuffer(numbers * Float32Array.BYTES_PER_ELEMENT);
  let from = 0;
  return arrays.map((values) => {
    const copy = new Float32Array(memory, from * Float32Array.BYTES_PER_ELEMENT, values.length);
    copy.set(values);
    from += values.length;
    return copy;
  });
}
