import { constants, setPriority } from 'node:os';
import process from 'node:process';
import { startHeartbeat } from './heartbeat.js';
import { Sampler } from './sampler.js';
import { serveSampler } from './worker-loop.js';
import type { PoolMessage } from './worker-protocol.js';

startHeartbeat(Number(process.argv[2]));

// Signals reach the whole process group. The pool ends its workers when their jobs are done, and
// a pool that is gone closes the channel.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit());

// Inference may take every core; the process that answers health probes shall still get its turn.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

serveSampler(
  {
    send: (message) => process.send?.(message),
    onMessage: (listener) =>
      process.on('message', (message) => {
        listener(message as PoolMessage);
      }),
    disconnect: () => {
      process.disconnect();
    },
  },
  (options) => Sampler.open(options),
);
