import { Option, type Command } from 'commander';
import { readConfiguration, SETTINGS, type WrittenSettings } from '../../server/configuration.js';
import { startServer } from '../../server/server.js';
import { exitBySignal, onStopSignal, type StopSignal } from '../stop-signals.js';
import { whenOrphaned } from './orphan.js';
import { say } from './output.js';

/** `weightspring serve`. */
export function addServeCommand(program: Command): void {
  const command = program
    .command('serve')
    .description('answer HTTP requests for networks; every flag is also an environment variable');
  for (const { flag, variable, platformVariable, description, ...setting } of SETTINGS) {
    const { default: initial, isSwitch, isList } = setting;
    const variables =
      platformVariable === undefined ? variable : `${variable} or ${platformVariable}`;
    const help = `${description} (${variables}; default ${initial})`;
    const option = new Option(isSwitch ? flag : `${flag} <value>`, help);
    if (isSwitch) option.preset('true');
    if (isList) option.argParser(collect);
    command.addOption(option);
  }
  command.action(async (flags: WrittenSettings) => {
    // While flows load, there is no work to finish before leaving.
    let leave = (signal: StopSignal): void => exitBySignal(signal);
    const stop = (signal: StopSignal): void => {
      leave(signal);
    };
    whenOrphaned(() => {
      stop('SIGTERM');
    });
    const ignoreSignals = onStopSignal(stop);
    const server = await startServer(readConfiguration(flags));
    leave = () => void server.leave();
    ignoreSignals();
    say(`weightspring serves on ${server.url}`);
  });
}

/** The values of a flag that may be repeated. */
function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
