import type { ServerResponse } from 'node:http';

const SLICE_BYTES = 2 ** 20;

/**
 * Ends the connection of a client that does not read the end of an answer, which for most answers is
 * all of it.
 *
 * @param timeoutMs - how long it may take
 */
export function boundWriting(res: ServerResponse, timeoutMs: number): void {
  // Emitted once the answer is complete.
  res.once('prefinish', () => {
    const timer = setTimeout(() => res.destroy(), timeoutMs);
    res.once('close', () => {
      clearTimeout(timer);
    });
  });
}

/**
 * Writes a long body and ends the answer. The client has `timeoutMs` for each MiB, so that a
 * slow one gets it and one that stopped reading does not keep it for ever.
 */
export async function writeBody(
  res: ServerResponse,
  bytes: Uint8Array,
  timeoutMs: number,
): Promise<void> {
  const closed = new Promise((resolve) => res.once('close', resolve));
  let start = 0;
  for (; start + SLICE_BYTES < bytes.byteLength; start += SLICE_BYTES) {
    const timer = setTimeout(() => res.destroy(), timeoutMs);
    const slice = bytes.subarray(start, start + SLICE_BYTES);
    const written = new Promise((resolve) => res.write(slice, resolve));
    await Promise.race([written, closed]);
    clearTimeout(timer);
    if (res.destroyed) return;
  }
  res.end(bytes.subarray(start));
}
