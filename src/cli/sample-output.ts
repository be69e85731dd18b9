import { extname } from 'node:path';
import { ensure, WeightspringError } from '../errors.js';
import {
  DEFAULT_NETWORK_FORMAT,
  fileFormat,
  NETWORK_FORMATS,
  type NetworkFormat,
} from '../formats/network-format.js';

const EXTENSIONS = NETWORK_FORMATS.map((format) => fileFormat(format).extension).join(', ');

/** What `sample` writes. */
export interface SampleOutput {
  readonly format: NetworkFormat;
  /** One zip file with a manifest, as the service answers, instead of a file per network. */
  readonly isArchive: boolean;
}

/**
 * What the name of a file and `--format` ask for together: the extension of a format is that format,
 * `.zip` is an archive. A name without extension leaves the choice to `--format`.
 *
 * @throws WeightspringError `invalid-argument` where the two contradict each other, or the extension
 *   is another one and `--format` does not say what it means: a file whose name belies its content
 *   opens nowhere
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
      `--out: expected a name that ends in ${EXTENSIONS} or .zip, or --format beside it, got '${out}'`,
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
