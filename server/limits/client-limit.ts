import type { Response } from 'express';
import { callerOf } from '../identity/caller.js';
import { RequestError } from '../problems.js';

/** Bounds the outstanding requests for networks of one client, over all its connections. */
export class ClientLimit {
  readonly #outstanding = new Map<string, number>();

  /** @param limit - of clients whose key has none of its own */
  constructor(private readonly limit: number) {}

  /**
   * Counts a request until its response closes.
   *
   * @throws RequestError `too-many-requests`
   */
  enter(res: Response): void {
    const { client, key } = callerOf(res);
    const outstanding = this.#outstanding.get(client) ?? 0;
    if (outstanding >= (key?.outstanding ?? this.limit)) {
      throw new RequestError(
        'too-many-requests',
        `${outstanding} requests of this client are outstanding, the most that may; ask again when one is answered`,
        { 'Retry-After': '1' },
      );
    }
    this.#outstanding.set(client, outstanding + 1);
    res.once('close', () => {
      const left = (this.#outstanding.get(client) ?? 1) - 1;
      if (left > 0) this.#outstanding.set(client, left);
      else this.#outstanding.delete(client);
    });
  }
}
