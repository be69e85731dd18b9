import { extname } from 'node:path';
import { ensure, WeightspringError } from '../errors.js';
import { readBytes } from '../files/read-file.js';
import type { DecodedNetwork, DecodeOptions } from './kinds/file-format.js';
import { fileFormat, READABLE_FORMATS } from './network-format.js';

/**
 * Reads the network of a file. The content tells the format or, if it does not, the extension.
 *
 * @throws WeightspringError `not-found`, `invalid-argument` for another kind of file,
 *   `model-invalid`, `data-corrupt` or `shape-mismatch` for what is in it
 */
export async function readNetworkFile(
  path: string,
  options: DecodeOptions,
): Promise<DecodedNetwork> {
  const bytes = await readBytes(path, { what: 'a network' });
  const formats = READABLE_FORMATS.map(fileFormat);
  const { decode } =
    formats.find(({ recognises }) => recognises?.(bytes)) ??
    formats.find(({ extension }) => extension === extname(path)) ??
    {};
  ensure(
    decode !== undefined,
    'invalid-argument',
    () =>
      `expected a network as a ${formats.map(({ extension }) => extension).join(', ')} file, got ` +
      `'${path}': write it in one of these formats`,
    'network',
  );
  try {
    return decode(bytes, options);
  } catch (error) {
    if (!(error instanceof WeightspringError)) throw error;
    throw new WeightspringError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}
