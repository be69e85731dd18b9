import { Option, type Command } from 'commander';
import { readConfiguration, SETTINGS } from '../../server/configuration.js';
import { startServer } from '../../server/server.js';
import { say } from './output.js';

/** `weightspring serve`. */
export function addServeCommand(program: Command): void {
  const command = program
    .command('serve')
    .description('answer HTTP requests for networks; every flag is also an environment variable');
  for (const { flag, variable, description, default: initial } of SETTINGS) {
    command.addOption(
      new Option(`${flag} <value>`, `${description} (${variable}; default ${initial})`),
    );
  }
  command.action(async (flags: Record<string, string>) => {
    const { url } = await startServer(readConfiguration(flags));
    say(`weightspring serves on ${url}`);
  });
}
