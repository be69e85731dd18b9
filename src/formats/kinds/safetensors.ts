import { encodeSafetensors } from '../../files/safetensors.js';
import { torchTensors } from '../torch-tensors.js';
import type { FileFormat } from './file-format.js';

/** Tensors under the names of `torch.nn.Sequential`, metadata in the header. */
export const safetensors: FileFormat = {
  extension: '.safetensors',
  mediaType: 'application/octet-stream',
  holds: 'weights',
  encode: ({ architecture, weights, metadata }) =>
    encodeSafetensors(torchTensors(architecture, weights), metadata),
};
