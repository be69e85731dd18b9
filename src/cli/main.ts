#!/usr/bin/env node
// Little is imported here: most commands run in a process of their own, and this one only watches it.
import inspector from 'node:inspector';
import process from 'node:process';
import { isSupervised } from './supervised-commands.js';

const args = process.argv.slice(2);
// A debugger was attached to this process, and would not see the other one.
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
