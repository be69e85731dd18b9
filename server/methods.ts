import type { RequestHandler } from 'express';
import { RequestError } from './problems.js';

/** Refuses unsupported methods; the last handler of each route. */
export function allowOnly(...methods: readonly string[]): RequestHandler {
  const allow = [...methods, 'OPTIONS'].join(', ');
  return (req, res) => {
    if (req.method !== 'OPTIONS') {
      throw new RequestError(
        'method-not-allowed',
        `${req.method} is not possible here; use ${allow}`,
        { Allow: allow },
      );
    }
    res.writeHead(204, { Allow: allow }).end();
  };
}
