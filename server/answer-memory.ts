import type { ServerResponse } from 'node:http';
import { WeightspringError } from '../src/index.js';
import type { Artefact } from './artefacts.js';

/**
 * Bounds the memory of answers that are computed or on their way, beside that of the kept files: a
 * client that does not read its answer holds it.
 */
export class AnswerMemory {
  readonly #maxBytes: number;
  /** A kept file is one, however many read it. */
  readonly #readers = new Map<Artefact, number>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Counts an answer that will be computed, until its response closes.
   *
   * @returns to be called with the bytes of the answer once they are known
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
   * Counts a kept file that is sent, until its response closes.
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
