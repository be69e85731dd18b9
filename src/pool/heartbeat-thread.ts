import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { HEARTBEAT_FD } from './heartbeat.js';

function beat(): void {
  try {
    writeSync(HEARTBEAT_FD, '.');
  } catch {
    // The pool is gone, which the main thread will notice.
  }
}

beat();
setInterval(beat, Number(workerData));
