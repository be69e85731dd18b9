import type { Random, RandomState } from '../random.js';
import type { FlowBatch } from './flow-batches.js';

/** The batches of a training, and the state of the generator that they are drawn from. */
export interface BatchSource {
  next(): FlowBatch | Promise<FlowBatch>;
  /** After the last batch that was taken: with it in place the next one is the same again. */
  state: RandomState;
  dispose(): Promise<void>;
}

/** Draws each batch when it is asked for. */
export class DrawnInTurn implements BatchSource {
  /** @param random - that the batches are drawn from */
  constructor(
    private readonly batches: Pick<BatchSource, 'next'>,
    private readonly random: Random,
  ) {}

  next(): FlowBatch | Promise<FlowBatch> {
    return this.batches.next();
  }

  get state(): RandomState {
    return this.random.state;
  }

  set state(state: RandomState) {
    this.random.state = state;
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}
