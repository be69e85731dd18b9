import type { IncomingMessage } from 'node:http';
import { WeightspringError } from '../src/index.js';
import { RequestError } from './problems.js';

const FIRST_BYTES = 1024;
/** Pieces that any body may have, and least bytes per further piece, each of which costs 10 kB. */
const FREE_PIECES = 1_024;
const MEAN_PIECE_BYTES = 16;

/**
 * Reads the body of a request into a growing buffer: keeping a piece of one byte would keep its 64 KiB
 * receive buffer. Nothing beyond `maxBytes` is kept.
 *
 * @throws RequestError `malformed-request` if it ends early
 * @throws WeightspringError `too-large`
 */
export function readBody(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let body = Buffer.alloc(0);
    let size = 0;
    let pieces = 0;
    const tooLarge = (): Error =>
      new WeightspringError('too-large', `a request body may have ${maxBytes} bytes at most`, {
        field: 'body',
      });
    req.once('error', () => {
      reject(new RequestError('malformed-request', 'the body ended early'));
    });
    if (Number(req.headers['content-length'] ?? 0) > maxBytes) {
      reject(tooLarge());
      return;
    }
    const take = (piece: Buffer): void => {
      const needed = size + piece.byteLength;
      pieces++;
      const isCrumbled = pieces > FREE_PIECES + needed / MEAN_PIECE_BYTES;
      if (isCrumbled || needed > maxBytes) {
        req.off('data', take);
        req.resume();
        body = Buffer.alloc(0);
        reject(isCrumbled ? crumbled(pieces, needed) : tooLarge());
        return;
      }
      if (needed > body.byteLength) {
        const grown = Buffer.alloc(Math.min(Math.max(2 * needed, FIRST_BYTES), maxBytes));
        body.copy(grown, 0, 0, size);
        body = grown;
      }
      piece.copy(body, size);
      size = needed;
    };
    req.on('data', take);
    req.once('end', () => {
      resolve(body.subarray(0, size));
    });
  });
}

function crumbled(pieces: number, size: number): RequestError {
  return new RequestError(
    'malformed-request',
    `the body comes in chunks that are too small: ${pieces} of them have ${size} bytes`,
    // The rest would cost as much.
    { Connection: 'close' },
  );
}
