import type { onnx as Proto } from '#onnx-proto';
import { foreign, type BesideFiles } from './foreign-tensor.js';

/** Where the numbers of a tensor are that lie in a file beside the graph. */
interface Place {
  /** Name of the file. */
  readonly file: string;
  readonly offset: number;
  /** In bytes. Undefined for all to the end of the file. */
  readonly length: number | undefined;
}

/**
 * Where a tensor is stored, if not in the graph itself. PyTorch writes weights into `NAME.onnx.data`
 * unless it is told not to.
 *
 * @throws WeightspringError `data-corrupt` for a file elsewhere: only those beside the graph are read
 * @see https://onnx.ai/onnx/repo-docs/ExternalData.html
 */
export function externalPlace(tensor: Proto.ITensorProto): Place | null {
  const entries = new Map((tensor.externalData ?? []).map(({ key, value }) => [key, value]));
  // DataLocation.EXTERNAL
  if (entries.size === 0 && Number(tensor.dataLocation) !== 1) return null;
  const file = entries.get('location') ?? '';
  if (!/^[^/\\]+$/.test(file) || file === '.' || file === '..') {
    throw foreign(
      `its tensor '${tensor.name ?? ''}' is stored in '${file}': expected the name of a file beside it`,
    );
  }
  const length = entries.get('length');
  return {
    file,
    offset: Number(entries.get('offset') ?? 0),
    length: length === undefined ? undefined : Number(length),
  };
}

/** The bytes of a tensor in a file beside the graph. @throws WeightspringError `data-corrupt` */
export function externalBytes(
  name: string,
  { file, offset, length }: Place,
  beside: BesideFiles,
): Uint8Array {
  const bytes = beside.get(file);
  if (bytes === undefined) {
    throw foreign(`its tensor '${name}' is stored in '${file}', which is not beside it`);
  }
  const end = length === undefined ? bytes.length : offset + length;
  const isWithin = Number.isSafeInteger(offset) && offset >= 0 && end >= offset;
  if (!isWithin || !Number.isSafeInteger(end) || end > bytes.length) {
    throw foreign(
      `its tensor '${name}' is stored at bytes ${offset} to ${end} of '${file}', which has ` +
        `${bytes.length}`,
    );
  }
  return bytes.subarray(offset, end);
}
