import type { NetworkFile } from './list-network-files.js';
import { filesBeside, readForeignNetwork } from './read-foreign-network.js';
import type { ForeignNetwork } from './foreign-network.js';
import type { TaskShape } from './read-foreign-network.js';

/**
 * Reads a perceptron from a file and from those beside it that hold its weights.
 *
 * @throws WeightspringError as `readForeignNetwork`, and where one of these files cannot be read
 */
export async function readForeignFile(
  file: NetworkFile,
  shape: TaskShape,
): Promise<ForeignNetwork> {
  const bytes = await file.read();
  const beside = new Map<string, Uint8Array>();
  for (const name of filesBeside(file.name, bytes)) beside.set(name, await file.readBeside(name));
  return readForeignNetwork(file.name, bytes, shape, beside);
}
