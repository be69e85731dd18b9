import { extname } from 'node:path';
import { ensure, WeightspringError } from '../errors.js';
import {
  DEFAULT_NETWORK_FORMAT,
  fileFormat,
  NETWORK_FORMATS,
  type NetworkFormat,
} from '../formats/network-format.js';

const EXTENSIONS = NETWORK_FORMATS.map((format) => fileFormat(format).extension).join(', ');

/** The output of `sample`. */
export interface SampleOutput {
  readonly format: NetworkFormat;
  /** One zip file with a manifest, as in answers of the service, instead of a file per network. */
  readonly isArchive: boolean;
}

/**
 * The output chosen by a file name and `--format`: the extension of a format chooses that format,
 * `.zip` an archive. For a name without extension, `--format` decides.
 *
 * @throws WeightspringError `invalid-argument` if the two contradict each other, or the extension
 * is unknown and there is no `--format`: programs cannot open a file whose name contradicts its
 * content
 */
export function sampleOutput(out: string, format: NetworkFormat | undefined): SampleOutput {
  const extension = extname(out).toLowerCase();
  const named = NETWORK_FORMATS.find((candidate) => fileFormat(candidate).extension === extension);
  if (named !== undefined && format !== undefined && named !== format) {
    throw new WeightspringError(
      'invalid-argument',
      `--out: expected a name that ends in ${fileFormat(format).extension} for --format ${format}, ` +
        `got '${out}'`,
      { field: '--out' },
    );
  }
  const isArchive = extension === '.zip';
  ensure(
    named !== undefined || format !== undefined || isArchive || extension === '',
    'invalid-argument',
    () =>
      `--out: expected a name that ends in ${EXTENSIONS} or .zip, or --format too, got '${out}'`,
    '--out',
  );
  ensure(
    out !== '-',
    'invalid-argument',
    () => "--out: expected a path, got '-': /dev/stdout is standard output",
    '--out',
  );
  return { format: format ?? named ?? DEFAULT_NETWORK_FORMAT, isArchive };
}
