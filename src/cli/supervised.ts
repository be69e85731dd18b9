import { obeySupervisor } from './supervisor-link.js';
import { runProgram } from './run-program.js';

// The process that computes: main.ts starts it, and watches over it.
obeySupervisor();
await runProgram();
