import { Socket } from 'node:net';
import process from 'node:process';
import { parentPort, workerData } from 'node:worker_threads';

// Forwards the supervisor's messages: names of signals, one per line.
const link = new Socket({ fd: Number(workerData), readable: true, writable: false });
link.setEncoding('utf8').on('data', (text: string) => {
  for (const signal of text.split('\n')) if (signal !== '') parentPort?.postMessage(signal);
});
// Errors close it too.
link.on('error', () => undefined);
link.on('close', () => {
  // The supervisor is gone: nothing could stop this process any more, and it would run on
  // unnoticed.
  process.kill(process.pid, 'SIGKILL');
});
