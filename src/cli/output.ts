import { fstatSync, statSync } from 'node:fs';
import process from 'node:process';
import { formatTable, type Table } from '../files/table.js';
import type { RefusedFlow } from '../flows/flow-catalogue.js';
import { writeBeside } from './progress.js';

/**
 * Prints a result on stdout: one JSON object and nothing else, or a table.
 *
 * @param out - the file that the command wrote; where that is stdout itself, as `/dev/stdout` is,
 * the result goes to stderr, so that the file stays what it is
 */
export function printResult(
  result: unknown,
  asJson: boolean,
  table: () => Table | string,
  out?: string,
): void {
  const stream = out !== undefined && isStdout(out) ? process.stderr : process.stdout;
  if (asJson) {
    stream.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const shown = table();
  stream.write(`${typeof shown === 'string' ? shown : formatTable(shown)}\n`);
}

function isStdout(path: string): boolean {
  const file = statSync(path, { throwIfNoEntry: false });
  const { dev, ino } = fstatSync(1);
  return file?.dev === dev && file.ino === ino;
}

/** A message on one line, and nothing in it that moves the cursor of a terminal. */
export function oneLine(text: string): string {
  return text.trim().replaceAll(/\p{Cc}+/gu, ' ');
}

/** Says what happens, beside the result: on stderr. */
export function say(line: string): void {
  writeBeside(line);
}

/** Says which flows are not served, and why. */
export function sayRefused(refused: readonly RefusedFlow[]): void {
  for (const { name, reason } of refused) say(`refused flow ${name}: ${reason}`);
}
