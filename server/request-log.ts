import type { RequestHandler } from 'express';
import type { Log } from './log.js';
import { requestId } from './request-id.js';

/** Logs each request when its response has ended. */
export function logRequests(log: Log): RequestHandler {
  return (req, res, next) => {
    const startMs = performance.now();
    const { method, path } = req;
    res.once('close', () => {
      log('info', 'request', {
        requestId: requestId(res),
        method,
        path,
        status: res.statusCode,
        durationMs: Math.round(10 * (performance.now() - startMs)) / 10,
        ...(res.writableFinished ? {} : { clientGone: true }),
      });
    });
    next();
  };
}
