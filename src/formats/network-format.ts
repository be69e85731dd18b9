import type { FileFormat } from './kinds/file-format.js';
import { npz } from './kinds/npz.js';
import { onnx } from './kinds/onnx.js';
import { safetensors } from './kinds/safetensors.js';

/** The file formats of generated networks. */
const FILE_FORMATS = { onnx, safetensors, npz } satisfies Record<string, FileFormat>;

export type NetworkFormat = keyof typeof FILE_FORMATS;

/** Names of the formats. */
export const NETWORK_FORMATS = Object.keys(FILE_FORMATS) as readonly NetworkFormat[];

/** Default format of requests. */
export const DEFAULT_NETWORK_FORMAT: NetworkFormat = 'onnx';

/** Formats that hold a complete classifier, which standardises the features. */
export const CLASSIFIER_FORMATS = formatsThatHold('classifier');

/** Formats that hold weights only. */
export const WEIGHT_FORMATS = formatsThatHold('weights');

/** Formats whose files can be read back. */
export const READABLE_FORMATS = NETWORK_FORMATS.filter(
  (format) => fileFormat(format).decode !== undefined,
);

/** The format of a name. */
export function fileFormat(format: NetworkFormat): FileFormat {
  return FILE_FORMATS[format];
}

function formatsThatHold(content: FileFormat['holds']): readonly NetworkFormat[] {
  return NETWORK_FORMATS.filter((format) => fileFormat(format).holds === content);
}
