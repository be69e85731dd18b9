import type { ServerResponse } from 'node:http';
import type { SampleJob } from '../src/index.js';
import { callerOf } from './identity/caller.js';
import type { Log } from './log.js';
import { requestId } from './request-id.js';

/**
 * Logs who generated what, so that a file can be traced to its request.
 *
 * @param digests - SHA-256 of the files of the answer
 */
export function logGenerated(
  log: Log,
  res: ServerResponse,
  { flow, seed, count }: SampleJob,
  digests: readonly string[],
): void {
  log('info', 'generated', {
    requestId: requestId(res),
    key: callerOf(res).key?.id,
    flow,
    seed,
    count,
    sha256: digests.join(' '),
  });
}
