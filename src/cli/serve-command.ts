import { Option, type Command } from 'commander';
import { readConfiguration, SETTINGS } from '../../server/configuration.js';
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
    const { default: initial, isSwitch } = setting;
    const variables =
      platformVariable === undefined ? variable : `${variable} or ${platformVariable}`;
    const help = `${description} (${variables}; default ${initial})`;
    command.addOption(
      isSwitch ? new Option(flag, help).preset('true') : new Option(`${flag} <value>`, help),
    );
  }
  command.action(async (flags: Record<string, string>) => {
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
