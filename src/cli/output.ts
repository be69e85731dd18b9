import { fstatSync, statSync } from 'node:fs';
import process from 'node:process';
import { formatTable, type Table } from '../files/table.js';
import type { RefusedFlow } from '../flows/flow-catalogue.js';
import { writeBeside } from './progress.js';

/**
 * Prints a result on stdout: one JSON object and nothing else, or a table.
 *
 * @param out - the file that the command wrote; if that is stdout itself, such as `/dev/stdout`,
 * the result goes to stderr, to keep the file intact
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

/** A message on one line, without characters that move a terminal's cursor. */
export function oneLine(text: string): string {
  return text.trim().replaceAll(/\p{Cc}+/gu, ' ');
}

/** Prints a message on stderr, separate from the result. */
export function say(line: string): void {
  writeBeside(line);
}

/** Prints which flows are not served, and why. */
export function sayRefused(refused: readonly RefusedFlow[]): void {
  for (const { name, reason } of refused) say(`refused flow ${name}: ${reason}`);
}
