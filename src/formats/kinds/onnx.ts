import { decodeModel } from '../../onnx/parse.js';
import { encodeModel } from '../../onnx/serialize.js';
import { buildClassifier } from '../classifier.js';
import { readClassifier } from '../read-classifier.js';
import type { FileFormat } from './file-format.js';

/** A complete classifier that any ONNX runtime loads. */
export const onnx: FileFormat = {
  extension: '.onnx',
  mediaType: 'application/octet-stream',
  holds: 'classifier',
  encode: (content) => encodeModel(buildClassifier(content)),
  decode: (bytes) => {
    const { architecture, weights, standardisation, metadata } = readClassifier(decodeModel(bytes));
    const { mean, scale } = standardisation;
    // Its layers take what its graph standardises.
    return {
      architecture,
      weights,
      takes: { mean: Array.from(mean), scale: Array.from(scale) },
      metadata,
    };
  },
};
