import { randomBytes, timingSafeEqual } from 'node:crypto';
import {
  apiKeyDigest,
  apiKeyId,
  keyState,
  type KeyRecord,
  type KeyState,
} from '../../src/index.js';

/** Why a key is not let in. */
export type KeyFault = 'malformed' | 'unknown' | Exclude<KeyState, 'valid'>;

/** A key that is let in, or why it is not. */
export type KeyCheck =
  { readonly record: KeyRecord } | { readonly fault: KeyFault; readonly record?: KeyRecord };

interface Entry {
  readonly record: KeyRecord;
  readonly digest: Buffer;
}

/** Stands in for the digest of a key that is not known; that of no key. */
const NO_DIGEST = randomBytes(32);

/** The keys that the service knows. */
export class KeyRing {
  #entries: ReadonlyMap<string, Entry> = new Map();

  /** @param now - the time of day in milliseconds; default `Date.now` */
  constructor(private readonly now: () => number = Date.now) {}

  /** Number of keys that are let in. */
  get valid(): number {
    const nowMs = this.now();
    return [...this.#entries.values()].filter(({ record }) => keyState(record, nowMs) === 'valid')
      .length;
  }

  /** Knows these keys from now on, and no others. */
  replace(records: readonly KeyRecord[]): void {
    this.#entries = new Map(
      records.map((record) => [record.id, { record, digest: Buffer.from(record.sha256, 'hex') }]),
    );
  }

  /**
   * Looks a key up by its id, which is no secret, and compares digests in constant time. The same is
   * computed for every text, so that the time of an answer tells nothing but its length.
   */
  check(key: string): KeyCheck {
    const id = apiKeyId(key);
    const entry = this.#entries.get(id ?? '');
    const isEqual = timingSafeEqual(apiKeyDigest(key), entry?.digest ?? NO_DIGEST);
    if (id === undefined) return { fault: 'malformed' };
    if (entry === undefined || !isEqual) return { fault: 'unknown' };
    const { record } = entry;
    const state = keyState(record, this.now());
    return state === 'valid' ? { record } : { fault: state, record };
  }
}
