import process from 'node:process';
import { Sampler } from './sampler.js';
import { serveSampler } from './worker-loop.js';
import type { PoolMessage } from './worker-protocol.js';

// Ctrl-C reaches the whole process group. The pool ends its workers when their jobs are done, and
// a pool that is gone closes the channel.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit());

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
