import { constants, setPriority } from 'node:os';
import process from 'node:process';
import { Sampler } from './sampler.js';
import { serveSampler } from './worker-loop.js';
import type { PoolMessage } from './worker-protocol.js';

// Ctrl-C reaches the whole process group. The pool ends its workers when their jobs are done, and
// a pool that is gone closes the channel.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
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
