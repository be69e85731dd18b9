import { encodeNpz } from '../../files/npz.js';
import { torchTensors } from '../torch-tensors.js';
import type { FileFormat } from './file-format.js';

/**
 * NumPy arrays under the names of `torch.nn.Sequential`, beside them the standardisation as
 * `input.mean` and `input.scale`, so that NumPy need not parse the metadata for it.
 */
export const npz: FileFormat = {
  extension: '.npz',
  mediaType: 'application/octet-stream',
  holds: 'weights',
  encode: ({ architecture, weights, standardisation: { mean, scale }, metadata }) => {
    const inputs = Object.entries({ mean, scale }).map(([name, values]) => ({
      name: `input.${name}`,
      shape: [values.length],
      data: Float32Array.from(values),
    }));
    return encodeNpz([...torchTensors(architecture, weights), ...inputs], metadata);
  },
};
