import process from 'node:process';
import { formatTable, type Table } from '../files/table.js';

/** Prints a result on stdout: one JSON object and nothing else, or a table. */
export function printResult(result: unknown, asJson: boolean, table: () => Table | string): void {
  if (asJson) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const shown = table();
  process.stdout.write(`${typeof shown === 'string' ? shown : formatTable(shown)}\n`);
}

/** A message on one line, and nothing in it that moves the cursor of a terminal. */
export function oneLine(text: string): string {
  return text.trim().replaceAll(/\p{Cc}+/gu, ' ');
}

/** Says what happens, beside the result: on stderr. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
