import type { Request } from 'express';
import { RequestError } from './problems.js';
import { readBody } from './read-body.js';

/** Longer ones are refused: matching takes time quadratic in their length. */
const MAX_TYPE_LENGTH = 200;

/**
 * Reads the JSON body of a request, at most `maxBytes` of it. A larger body is refused at once;
 * `boundLateBody` handles the rest of it.
 *
 * @throws RequestError `unsupported-media-type` or `malformed-request`
 * @throws WeightspringError `too-large`
 */
export async function readJson(req: Request, maxBytes: number): Promise<unknown> {
  checkContentType(req);
  const bytes = await readBody(req, maxBytes);
  if (bytes.byteLength === 0) {
    throw new RequestError('malformed-request', 'the body is empty; expected a JSON object');
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'it is not UTF-8';
    throw new RequestError('malformed-request', `the body is not JSON: ${reason}`);
  }
}

/** Expects `application/json` in UTF-8, not compressed. */
function checkContentType(req: Request): void {
  const type = req.get('Content-Type');
  const encoding = req.get('Content-Encoding') ?? 'identity';
  if (type === undefined) {
    // Without a body, complain about that rather than the type.
    if (!hasBody(req)) return;
    throw unsupported('a body of unknown type');
  }
  if (
    type.length > MAX_TYPE_LENGTH ||
    !/^\s*application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?;?\s*$/i.test(type)
  ) {
    throw unsupported(type);
  }
  if (encoding.toLowerCase() !== 'identity') throw unsupported(`content encoding ${encoding}`);
}

function hasBody(req: Request): boolean {
  return req.get('Transfer-Encoding') !== undefined || Number(req.get('Content-Length') ?? 0) > 0;
}

function unsupported(got: string): RequestError {
  return new RequestError(
    'unsupported-media-type',
    `expected Content-Type application/json, got ${got.slice(0, 100)}`,
    { 'Accept-Post': 'application/json' },
  );
}
