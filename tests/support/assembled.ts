import { Buffer } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import loadWabt from 'wabt';

/**
 * The module of a WebAssembly text as the TypeScript file that holds it.
 *
 * @param file - within src/, ends in `.wat`
 * @param constant - the name of the bytes
 * @param test - the file whose update writes the TypeScript
 */
export async function assembled(file: string, constant: string, test: string): Promise<string> {
  const source = await readFile(new URL(`../../src/${file}`, import.meta.url), 'utf8');
  const wabt = await loadWabt();
  const { buffer } = wabt.parseWat(file, source, { simd: true }).toBinary({});
  const name = file.slice(file.lastIndexOf('/') + 1);
  return (
    `/** ${name} in binary, base64; made by \`npx vitest run ${test} --update\`. */\n` +
    `export const ${constant} =\n  '${Buffer.from(buffer).toString('base64')}';\n`
  );
}
