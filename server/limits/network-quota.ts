import type { Response } from 'express';
import { callerOf } from '../identity/caller.js';
import { RequestError } from '../problems.js';
import { tellLimit } from './rate-limit-fields.js';

const DAY_SECONDS = 86_400;

/** Bounds the networks that each key generates in a day of UTC, as the key says. */
export class NetworkQuota {
  readonly #now: () => number;
  #day = 0;
  readonly #used = new Map<string, number>();

  /** @param now - the time of day in milliseconds; default `Date.now` */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * Counts networks that are to be generated; they are given back if the answer is an error, or its
   * client leaves before it begins.
   *
   * @throws RequestError `quota-exceeded`
   */
  take(res: Response, count: number): void {
    const { key } = callerOf(res);
    if (key?.networksPerDay === undefined) return;
    const { id, networksPerDay: quota } = key;
    const day = this.#today();
    const used = this.#used.get(id) ?? 0;
    const isAllowed = used + count <= quota;
    const untilNext = (day + 1) * DAY_SECONDS - Math.floor(this.#now() / 1000);
    const remaining = Math.max(quota - used - (isAllowed ? count : 0), 0);
    tellLimit(res, {
      ...{ name: 'networks', quota, windowSeconds: DAY_SECONDS },
      ...{ remaining, fullSeconds: untilNext },
    });
    if (!isAllowed) {
      throw new RequestError(
        'quota-exceeded',
        `this key may generate ${quota} networks a day, has generated ${used} and asks for ` +
          `${count}; ask for fewer, or again in ${untilNext} s`,
        { 'Retry-After': String(untilNext) },
      );
    }
    this.#used.set(id, used + count);
    res.once('close', () => {
      const isMade = res.headersSent && res.statusCode < 400;
      if (!isMade && day === this.#day) this.#used.set(id, (this.#used.get(id) ?? 0) - count);
    });
  }

  #today(): number {
    const day = Math.floor(this.#now() / 1000 / DAY_SECONDS);
    if (day !== this.#day) this.#used.clear();
    this.#day = day;
    return day;
  }
}
