import { decodeSafetensors, encodeSafetensors } from '../../files/safetensors.js';
import { namedNetwork } from '../named-network.js';
import { torchTensors } from '../torch-tensors.js';
import type { FileFormat } from './file-format.js';

/** Tensors under the names of `torch.nn.Sequential`, metadata in the header. */
export const safetensors: FileFormat = {
  extension: '.safetensors',
  mediaType: 'application/octet-stream',
  holds: 'weights',
  encode: ({ architecture, weights, metadata }) =>
    encodeSafetensors(torchTensors(architecture, weights), metadata),
  recognises: startsWithHeader,
  decode: (bytes, options) => namedNetwork(decodeSafetensors(bytes), options),
};

/** The length of a header below 4 GiB, and the brace that opens it. */
function startsWithHeader(bytes: Uint8Array): boolean {
  return bytes.subarray(4, 8).every((byte) => byte === 0) && bytes[8] === '{'.charCodeAt(0);
}
