import { randomUUID } from 'node:crypto';

/** A UUID has its time in 48 bits and, here, a counter in the 12 bits behind the version. */
const MOST_PER_MS = 2 ** 12;

/**
 * Makes ids of jobs: UUIDs of version 7 (RFC 9562), each greater than the one before, also where the
 * clock stands still or is set back.
 *
 * @param now - milliseconds since 1970; default: the system's clock
 */
export function jobIds(now: () => number = Date.now): () => string {
  let lastMs = 0;
  let counter = 0;
  return () => {
    const ms = now();
    counter = ms > lastMs ? 0 : counter + 1;
    lastMs = Math.max(ms, lastMs);
    if (counter === MOST_PER_MS) {
      lastMs++;
      counter = 0;
    }
    const time = lastMs.toString(16).padStart(12, '0');
    const count = counter.toString(16).padStart(3, '0');
    // The last 17 characters of a random one hold its variant and 62 random bits.
    return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${randomUUID().slice(19)}`;
  };
}
