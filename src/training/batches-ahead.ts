import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { CouplingKind } from '../flow/couplings/registry.js';
import type { Coordinates } from '../flow/coordinates.js';
import type { Random, RandomState } from '../random.js';
import type { BatchSource } from './batch-source.js';
import type { CouplingAnswer, CouplingOrder, CouplingThreadData } from './coupling-thread.js';
import type { DrawnBatch, FlowBatch, FlowBatches } from './flow-batches.js';

export interface BatchesAheadOptions {
  readonly coupling: CouplingKind;
  /** Of the points that the batches are drawn from. */
  readonly coordinates: Coordinates;
  /** One batch is on its way for each. */
  readonly threads: number;
}

/** A batch on its way. */
interface Pending {
  readonly batch: Promise<FlowBatch>;
  /** Of the generator once it was drawn. */
  readonly state: RandomState;
}

/**
 * Draws batches ahead and has threads pair them, while the engine computes: the same batches as in
 * turn, since coupling draws nothing.
 */
export class BatchesAhead implements BatchSource {
  readonly #threads: readonly CouplingThread[];
  readonly #pending: Pending[] = [];
  #state: RandomState;
  #drawn = 0;

  /** @param random - that the batches are drawn from */
  constructor(
    private readonly batches: FlowBatches,
    private readonly random: Random,
    { coupling, coordinates, threads }: BatchesAheadOptions,
  ) {
    this.#state = random.state;
    const data = { kind: coupling, coordinates, architectures: batches.architectures };
    this.#threads = Array.from({ length: threads }, () => new CouplingThread(data));
  }

  get state(): RandomState {
    return this.#state;
  }

  set state(state: RandomState) {
    this.#pending.length = 0;
    this.random.state = state;
    this.#state = state;
  }

  /** @throws what the coupling throws, and when a thread ends */
  async next(): Promise<FlowBatch> {
    while (this.#pending.length < this.#threads.length) this.#draw();
    const { batch, state } = this.#pending.shift() as Pending;
    this.#draw();
    const taken = await batch;
    this.#state = state;
    return taken;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }

  #draw(): void {
    const drawn = this.batches.draw();
    const thread = this.#threads[this.#drawn++ % this.#threads.length] as CouplingThread;
    const batch = thread.couple(drawn).then((x1) => this.batches.complete(drawn, x1));
    // It is awaited when it is taken, which may be never.
    batch.catch(() => undefined);
    this.#pending.push({ batch, state: this.random.state });
  }
}

/** One thread, which answers in turn. */
class CouplingThread {
  readonly #worker: Worker;
  readonly #waiting: ((answer: CouplingAnswer) => void)[] = [];
  #failure: CouplingAnswer | undefined;

  constructor(data: CouplingThreadData) {
    this.#worker = new Worker(new URL('./coupling-thread.js', import.meta.url), {
      workerData: data,
      // The heap flags of the main thread do not apply.
      execArgv: [],
    });
    this.#worker.on('message', (answer: CouplingAnswer) => this.#waiting.shift()?.(answer));
    this.#worker.on('error', (error) => {
      this.#fail(error);
    });
    this.#worker.on('exit', (code) => {
      this.#fail(new Error(`a coupling thread ended with code ${code}`));
    });
  }

  async couple({ group, x0, x1 }: DrawnBatch): Promise<readonly Float32Array[]> {
    const answer =
      this.#failure ??
      (await new Promise<CouplingAnswer>((resolve) => {
        this.#waiting.push(resolve);
        this.#worker.postMessage({ group, x0, x1 } satisfies CouplingOrder);
      }));
    if ('error' in answer) throw answer.error;
    return answer.x1;
  }

  async stop(): Promise<void> {
    const ended = once(this.#worker, 'exit');
    await this.#worker.terminate();
    if (this.#failure === undefined) await ended;
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    for (const resolve of this.#waiting.splice(0)) resolve(this.#failure);
  }
}
