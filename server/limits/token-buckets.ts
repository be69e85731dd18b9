/** What a client has left after a request. */
export interface Allowance {
  readonly isAllowed: boolean;
  /** Requests that may follow at once. */
  readonly remaining: number;
  /** Until a further request is allowed, in seconds; 0 if one is now. */
  readonly waitSeconds: number;
  /** Until all of the quota is there again, in seconds. */
  readonly fullSeconds: number;
}

interface Bucket {
  readonly tokens: number;
  readonly quota: number;
  readonly atMs: number;
}

/** Buckets that are kept without looking whether they are full again. */
const FEW_BUCKETS = 1_000;

export interface TokenBucketsOptions {
  /** In which an empty bucket fills, in milliseconds. */
  readonly windowMs: number;
  /** A monotonic clock in milliseconds; default `performance.now`. */
  readonly now?: () => number;
}

/**
 * Bounds the requests of each client by a bucket of tokens, which fills evenly: `quota` requests at
 * once, then `quota` per window. Full buckets are forgotten.
 */
export class TokenBuckets {
  readonly #windowMs: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();
  #sweptMs = 0;

  constructor({ windowMs, now = () => performance.now() }: TokenBucketsOptions) {
    this.#windowMs = windowMs;
    this.#now = now;
  }

  /** Number of buckets that are kept. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes a token of a client's, if there is one. */
  take(client: string, quota: number): Allowance {
    const atMs = this.#now();
    this.#sweep(atMs);
    const filled = this.#filled(this.#buckets.get(client), quota, atMs);
    const isAllowed = filled >= 1;
    const tokens = isAllowed ? filled - 1 : filled;
    this.#buckets.set(client, { tokens, quota, atMs });
    const secondsFor = (missing: number): number =>
      Math.ceil((Math.max(missing, 0) * this.#windowMs) / quota / 1000);
    return {
      isAllowed,
      remaining: Math.floor(tokens),
      waitSeconds: secondsFor(1 - tokens),
      fullSeconds: secondsFor(quota - tokens),
    };
  }

  /** Tokens of a bucket now; a quota that has changed counts from the next request on. */
  #filled(bucket: Bucket | undefined, quota: number, nowMs: number): number {
    if (bucket === undefined) return quota;
    const gained = ((nowMs - bucket.atMs) * bucket.quota) / this.#windowMs;
    return Math.min(bucket.tokens + gained, quota);
  }

  #sweep(nowMs: number): void {
    if (this.#buckets.size < FEW_BUCKETS || nowMs - this.#sweptMs < this.#windowMs) return;
    this.#sweptMs = nowMs;
    for (const [client, bucket] of this.#buckets) {
      if (this.#filled(bucket, bucket.quota, nowMs) >= bucket.quota) this.#buckets.delete(client);
    }
  }
}
