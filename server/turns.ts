/** Requests started per turn of the event loop: each may take a millisecond. */
const PER_TURN = 16;

/**
 * Spreads the start of requests over turns of the event loop, first come, first served. Otherwise,
 * everything that many connections send at once would be answered before other sockets are served.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #isScheduled = false;

  /** Calls `work` in a later turn. */
  take(work: () => void): void {
    this.#waiting.push(work);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      const now = this.#waiting.splice(0, PER_TURN);
      this.#schedule();
      for (const work of now) work();
    });
  }
}
