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

  /** @param total - units; default: none, for work that nobody watches */
  constructor(
    private readonly total = 0,
    private readonly watcher: Watcher = {},
  ) {
    this.pace = createPace(watcher.signal);
  }

  /** What stops the work, for parts of it that are not counted. */
  get signal(): AbortSignal | undefined {
    return this.watcher.signal;
  }

  /** Counts units as done, and pauses. @throws WeightspringError `cancelled` */
  async advance(units = 1): Promise<void> {
    this.#done += units;
    this.watcher.onProgress?.(this.#done, this.total);
    await this.pace();
  }
}

/** Reports that `done` of `total` units of work are done. */
export type ReportProgress = (done: number, total: number, note?: string) => void;

/** Units of a part of a larger piece of work: percent. */
const PART_UNITS = 100;

/** Reports a piece of work as the `index`-th of `count` equal parts of a larger one. */
export function partOf(report: ReportProgress, index: number, count: number): ReportProgress {
  return (done, total, note) => {
    const units = PART_UNITS * index + Math.floor(PART_UNITS * fractionDone(done, total));
    report(units, PART_UNITS * count, note);
  };
}

/** In [0, 1]; work without units is done. */
export function fractionDone(done: number, total: number): number {
  return total <= 0 ? 1 : Math.min(Math.max(done / total, 0), 1);
}
