import { Command } from 'commander';
import { VERSION } from '../package-info.js';
import { addCardCommand } from './card-command.js';
import { addCreateCommand } from './create-command.js';
import { addDevicesCommand } from './devices-command.js';
import { addEnsembleCommand } from './ensemble-command.js';
import { addExperimentCommand } from './experiment-command.js';
import { addFlowCommands } from './flow-commands.js';
import { addKeysCommands } from './keys-commands.js';
import { addLikelihoodCommand } from './likelihood-command.js';
import { oneLine } from './output.js';
import { addServeCommand } from './serve-command.js';
import { addTrainCommand } from './train-command.js';
import { addVerifyCommand } from './verify-command.js';
import { addZooCommands } from './zoo-commands.js';

/** The command line with all its commands; what is wrong with arguments is told on one line. */
export function createProgram(): Command {
  const program = new Command('weightspring')
    .description('generates trained neural networks from flows over their weights')
    .version(VERSION);
  addZooCommands(program);
  addCreateCommand(program);
  addTrainCommand(program);
  addFlowCommands(program);
  addEnsembleCommand(program);
  addCardCommand(program);
  addVerifyCommand(program);
  addLikelihoodCommand(program);
  addServeCommand(program);
  addKeysCommands(program);
  addDevicesCommand(program);
  addExperimentCommand(program);
  for (const command of allCommands(program)) {
    command.exitOverride().configureOutput({
      outputError: (text, write) => {
        // One line, whatever suggestion follows the complaint.
        write(`weightspring: ${oneLine(text.replace(/^\s*error: /, ''))}\n`);
      },
    });
  }
  return program;
}

/** A command and all below it. */
export function allCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}
