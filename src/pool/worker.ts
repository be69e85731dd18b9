import { Socket } from 'node:net';
import { constants, setPriority } from 'node:os';
import process from 'node:process';
import { startHeartbeat } from './heartbeat.js';
import { MessagePipe } from './message-pipe.js';
import { Sampler } from '../sampling/sampler.js';
import { serveSampler } from './worker-loop.js';
import { MESSAGE_FD, type PoolMessage } from './worker-protocol.js';

startHeartbeat(Number(process.argv[2]));

// Signals reach the whole process group. The pool ends its workers when their jobs are done, and
// a pool that is gone closes the pipe.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

// Inference may use all cores; the process that answers health probes must still get its turn.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

const socket = new Socket({ fd: MESSAGE_FD, readable: true, writable: true });
socket.once('close', () => process.exit());
let listen: (message: PoolMessage) => void = () => undefined;
const pipe = new MessagePipe(socket, {
  onMessage: (message) => {
    listen(message as PoolMessage);
  },
  onBroken: () => process.exit(1),
});

serveSampler(
  {
    send: (message) => {
      pipe.send(message);
    },
    onMessage: (listener) => (listen = listener),
    disconnect: () => {
      pipe.close();
    },
  },
  (options) => Sampler.open(options),
);
