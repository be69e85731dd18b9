import type { IncomingMessage, ServerResponse } from 'node:http';

/** How much of a body still comes after its answer: enough for a client that sends it in one go. */
const MAX_BYTES = 2 ** 20;
/** The same in chunks, each of which may be a byte and costs as much as 10 kB. */
const MAX_CHUNKED_BYTES = 2 ** 17;
/** How long: enough for the answer to arrive before the connection closes. */
const MAX_MS = 2_000;
const CHECK_MS = 20;

/**
 * Bounds what still comes of a request after its answer. Closing at once would lose the answer for
 * clients that send first and listen later; taking all of it would let one client send for ever.
 */
export function boundLateBody(req: IncomingMessage, res: ServerResponse): void {
  res.once('finish', () => {
    if (req.complete) return;
    const { socket } = req;
    const answeredMs = performance.now();
    const read = socket.bytesRead;
    const maxBytes = req.headers['content-length'] === undefined ? MAX_CHUNKED_BYTES : MAX_BYTES;
    const timer = setInterval(() => {
      const isOver = socket.bytesRead - read > maxBytes || performance.now() - answeredMs > MAX_MS;
      if (isOver) socket.destroy();
      if (isOver || req.complete || socket.destroyed) clearInterval(timer);
    }, CHECK_MS);
  });
}
