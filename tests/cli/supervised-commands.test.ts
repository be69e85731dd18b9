import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.js';
import { isSupervised } from '../../src/cli/supervised-commands.js';
import type { Command } from 'commander';

/** `zoo train`, `sample`, …: what can be run. */
function commandsOf(command: Command, path: readonly string[] = []): readonly string[][] {
  if (command.commands.length === 0) return [[...path]];
  return command.commands.flatMap((each) => commandsOf(each, [...path, each.name()]));
}

describe('isSupervised', () => {
  it('leaves out the service, and the commands that are done in a moment', () => {
    const without = commandsOf(createProgram()).filter((command) => !isSupervised(command));
    expect(without.map((command) => command.join(' '))).toEqual([
      ...['zoo info', 'flows', 'serve'],
      ...['keys create', 'keys list', 'keys revoke', 'devices'],
    ]);
  });

  it.each([[], ['--help'], ['-V'], ['help', 'train'], ['train', '--help'], ['zoo', 'train', '-h']])(
    'starts no process to show help: %s',
    (...args) => {
      expect(isSupervised(args)).toBe(false);
    },
  );

  it('takes a command with its arguments', () => {
    expect(isSupervised(['zoo', 'train', '--out', 'serve'])).toBe(true);
    expect(isSupervised(['sample', '--flow', 'flows'])).toBe(true);
    expect(isSupervised(['serve', '--port', '1'])).toBe(false);
  });
});
