import { obeySupervisor } from './supervisor-link.js';
import { runProgram } from './run-program.js';

// The child process that computes: main.ts starts and supervises it.
obeySupervisor();
await runProgram();
