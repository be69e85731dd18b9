#!/usr/bin/env node
// Imports little: most commands run in a child process, which this one only supervises.
import inspector from 'node:inspector';
import process from 'node:process';
import { isSupervised } from './supervised-commands.js';

const args = process.argv.slice(2);
// With a debugger attached to this process, run here: it would not see the child.
if (isSupervised(args) && inspector.url() === undefined) {
  const { supervise } = await import('./supervise.js');
  try {
    await supervise(new URL('./supervised.js', import.meta.url), args);
  } catch (error) {
    const { fail } = await import('./run-program.js');
    fail(error);
  }
} else {
  const { runProgram } = await import('./run-program.js');
  await runProgram();
}
