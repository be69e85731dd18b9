import type { ServerResponse } from 'node:http';
import { WeightspringError } from '../src/index.js';
import type { Artefact } from './artefacts.js';

/**
 * Bounds the memory of answers that are being computed or sent, not counting kept files: a client that
 * does not read its answer keeps it in memory.
 */
export class AnswerMemory {
  readonly #maxBytes: number;
  /** Counts a kept file once, however many clients read it. */
  readonly #readers = new Map<Artefact, number>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Counts an answer to be computed, until its response closes.
   *
   * @returns a function to call with the size of the answer once it is known
   * @throws WeightspringError `overloaded`; never for the only answer
   */
  reserve(estimate: number, res: ServerResponse): (actual: number) => void {
    this.#take(estimate);
    let counted = estimate;
    const count = (bytes: number): void => {
      this.#bytes += bytes - counted;
      counted = bytes;
    };
    res.once('close', () => {
      count(0);
    });
    return (actual) => {
      if (!res.destroyed) count(actual);
    };
  }

  /**
   * Counts a kept file that is being sent, until its response closes.
   *
   * @throws WeightspringError `overloaded`; never for the only answer
   */
  hold(artefact: Artefact, res: ServerResponse): void {
    const readers = this.#readers.get(artefact) ?? 0;
    if (readers === 0) this.#take(artefact.bytes.byteLength);
    this.#readers.set(artefact, readers + 1);
    res.once('close', () => {
      this.#release(artefact);
    });
  }

  #release(artefact: Artefact): void {
    const left = (this.#readers.get(artefact) ?? 1) - 1;
    if (left > 0) {
      this.#readers.set(artefact, left);
      return;
    }
    this.#readers.delete(artefact);
    this.#bytes -= artefact.bytes.byteLength;
  }

  #take(bytes: number): void {
    if (this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes) {
      throw new WeightspringError(
        'overloaded',
        `answers of ${this.#bytes} bytes are outstanding, and may have ${this.#maxBytes} together with this one of ${bytes}; ask again later`,
        { retryAfterSeconds: 1 },
      );
    }
    this.#bytes += bytes;
  }
}
