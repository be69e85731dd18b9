import type { IncomingMessage } from 'node:http';
import { WeightspringError } from '../src/index.js';
import { RequestError } from './problems.js';

const FIRST_BYTES = 1024;

/**
 * Reads the body of a request into a buffer that grows with it, since a piece of one byte would
 * keep the 64 KiB alive that it was received in. What comes beyond `maxBytes` is not kept.
 *
 * @throws RequestError `malformed-request` when it ends early
 * @throws WeightspringError `too-large`
 */
export function readBody(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let body = Buffer.alloc(0);
    let size = 0;
    const refuse = (): void => {
      body = Buffer.alloc(0);
      reject(
        new WeightspringError('too-large', `a request body may have ${maxBytes} bytes at most`, {
          field: 'body',
        }),
      );
    };
    req.once('error', () => {
      reject(new RequestError('malformed-request', 'the body ended early'));
    });
    if (Number(req.headers['content-length'] ?? 0) > maxBytes) {
      refuse();
      return;
    }
    const take = (piece: Buffer): void => {
      const needed = size + piece.byteLength;
      if (needed > maxBytes) {
        req.off('data', take);
        req.resume();
        refuse();
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
