import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Bytes of a body that may arrive before it is read, while the request waits behind another one. In
 * chunks of one byte, each takes a hundred times its size.
 */
export const UNREAD_BYTES = 2_048;

/** How much of an unwanted body is still read: enough for a client that sends it at once. */
const MAX_BYTES = 2 ** 20;
/** The same for chunks, each of which may be a single byte and costs as much as 10 kB. */
const MAX_CHUNKED_BYTES = 2 ** 17;
/** For how long: enough for the answer to arrive before the connection closes. */
const MAX_MS = 2_000;
const CHECK_MS = 20;

/**
 * Bounds how much of a request is read after its answer. Closing at once would lose the answer for
 * clients that send first and listen later; reading everything would let a client send for ever.
 */
export function boundLateBody(req: IncomingMessage, res: ServerResponse): void {
  res.once('finish', () => {
    if (req.complete) return;
    // The connection is closed when every further byte of the body costs too much.
    if (isChunked(req) && res.getHeader('Connection') === 'close') req.socket.destroySoon();
    else boundRest(req, MAX_MS);
  });
}

/**
 * Reads and drops the body of a request that waits behind another one: without reading, it would not
 * be noticed that the client has left.
 */
export function dropBody(req: IncomingMessage): void {
  req.resume();
  boundRest(req, Number.POSITIVE_INFINITY);
}

/** Whether the body comes in chunks, of unknown length. */
export function isChunked({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined;
}

/** Ends the connection after too much of the body, or too long. */
function boundRest(req: IncomingMessage, maxMs: number): void {
  const { socket } = req;
  const startMs = performance.now();
  const read = socket.bytesRead;
  const maxBytes = isChunked(req) ? MAX_CHUNKED_BYTES : MAX_BYTES;
  const timer = setInterval(() => {
    const isOver = socket.bytesRead - read > maxBytes || performance.now() - startMs > maxMs;
    if (isOver) socket.destroy();
    if (isOver || req.complete || socket.destroyed) clearInterval(timer);
  }, CHECK_MS);
}
