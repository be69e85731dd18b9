#!/usr/bin/env node
import process from 'node:process';
import { Command, CommanderError } from 'commander';
import { WeightspringError, type ErrorCode } from '../errors.js';
import { VERSION } from '../package-info.js';
import { addDevicesCommand } from './devices-command.js';
import { addExperimentCommand } from './experiment-command.js';
import { addFlowCommands } from './flow-commands.js';
import { addLikelihoodCommand } from './likelihood-command.js';
import { addServeCommand } from './serve-command.js';
import { addTrainCommand } from './train-command.js';
import { addZooCommands } from './zoo-commands.js';

/** Failures that are not the user's: everything else exits with 2. */
const OWN_FAULTS: readonly ErrorCode[] = ['internal', 'out-of-memory', 'diverged', 'cancelled'];

const program = new Command('weightspring')
  .description('generates trained neural networks from flows over their weights')
  .version(VERSION)
  .exitOverride();
addZooCommands(program);
addTrainCommand(program);
addFlowCommands(program);
addLikelihoodCommand(program);
addServeCommand(program);
addDevicesCommand(program);
addExperimentCommand(program);
forEveryCommand(program, (command) => {
  command.exitOverride().configureOutput({
    outputError: (text, write) => {
      // One line, whatever suggestion follows the complaint.
      write(
        `weightspring: ${text
          .trim()
          .replace(/^error: /, '')
          .replaceAll('\n', ' ')}\n`,
      );
    },
  });
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCode(error);
}

/** One line on stderr for what a user can mend; a stack only where the fault is ours. */
function exitCode(error: unknown): number {
  // Commander has printed its own line already; help and version end with code 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof WeightspringError && error.code !== 'internal') {
    process.stderr.write(`weightspring: ${error.message.replaceAll('\n', ' ')}\n`);
    return OWN_FAULTS.includes(error.code) ? 1 : 2;
  }
  process.stderr.write(
    `weightspring: ${error instanceof Error ? String(error.stack) : String(error)}\n`,
  );
  return 1;
}

function forEveryCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) forEveryCommand(child, visit);
}
