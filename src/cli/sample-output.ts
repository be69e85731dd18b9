import { extname } from 'node:path';
import { ensure } from '../errors.js';
import { NETWORK_FORMATS, type NetworkFormat } from '../sampling/contracts.js';

/** What `sample` writes. */
export interface SampleOutput {
  readonly format: NetworkFormat;
  /** One zip file with a manifest, as the service answers, instead of a file per network. */
  readonly isArchive: boolean;
}

/**
 * What the name of a file and `--format` ask for together: `.onnx`, `.safetensors` and `.npz` are
 * the format, `.zip` is an archive. What says nothing leaves the choice to the other, and ONNX is
 * the default.
 *
 * @throws WeightspringError `invalid-argument` where the two contradict each other: a file whose
 *   name belies its content opens nowhere
 */
export function sampleOutput(out: string, format: NetworkFormat | undefined): SampleOutput {
  const extension = extname(out).toLowerCase();
  const named = NETWORK_FORMATS.find((candidate) => extension === `.${candidate}`);
  ensure(
    named === undefined || format === undefined || named === format,
    'invalid-argument',
    () =>
      `--out: expected a name that ends in .${String(format)} for --format ${String(format)}, got '${out}'`,
    '--out',
  );
  return { format: format ?? named ?? 'onnx', isArchive: extension === '.zip' };
}
