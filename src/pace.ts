import { setImmediate as nextTurn } from 'node:timers/promises';
import { WeightspringError } from './errors.js';

/** Who waits for a long computation: may stop it, and hears how far it is. */
export interface Watcher {
  /** Stops the computation with `cancelled`, at its next pause. */
  readonly signal?: AbortSignal | undefined;
  /** Called as work proceeds, with the units that are done and their number. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * A pause between two pieces of a long computation. It lets the event loop turn, unless it did so a
 * moment ago, so that signals arrive and progress is drawn.
 *
 * @throws WeightspringError `cancelled` once the signal is aborted
 */
export type Pace = () => Promise<void>;

/** Longest stretch of computation without a turn of the event loop, where pieces allow it. */
const INTERVAL_MS = 40;

/** @param signal - default: none, so that nothing but the event loop gets its turn */
export function createPace(signal?: AbortSignal): Pace {
  let last = performance.now();
  return async () => {
    if (performance.now() - last >= INTERVAL_MS) {
      await nextTurn();
      last = performance.now();
    }
    if (signal?.aborted === true) {
      throw new WeightspringError('cancelled', 'stopped');
    }
  };
}

/**
 * A long computation of so many like units.
 *
 * @example
 * const work = new PacedWork(networks.length, watcher);
 * for (const network of networks) {
 *   measure(network);
 *   await work.advance();
 * }
 */
export class PacedWork {
  /** For pieces within a unit. */
  readonly pace: Pace;
  #done = 0;

  constructor(
    private readonly total: number,
    private readonly watcher: Watcher = {},
  ) {
    this.pace = createPace(watcher.signal);
  }

  /** Counts units as done, and pauses. @throws WeightspringError `cancelled` */
  async advance(units = 1): Promise<void> {
    this.#done += units;
    this.watcher.onProgress?.(this.#done, this.total);
    await this.pace();
  }
}
