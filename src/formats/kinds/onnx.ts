import { encodeModel } from '../../onnx/serialize.js';
import { buildClassifier } from '../classifier.js';
import type { FileFormat } from './file-format.js';

/** A complete classifier that any ONNX runtime loads. */
export const onnx: FileFormat = {
  extension: '.onnx',
  mediaType: 'application/octet-stream',
  holds: 'classifier',
  encode: (content) => encodeModel(buildClassifier(content)),
};
