import { decodeNpz, encodeNpz } from '../../files/npz.js';
import { namedNetwork } from '../named-network.js';
import { torchTensors } from '../torch-tensors.js';
import { INPUT } from '../../network/graph.js';
import type { FileFormat } from './file-format.js';

/** Arrays beside the network's own. */
const STANDARDISATION: readonly string[] = [`${INPUT}.mean`, `${INPUT}.scale`];

/** What a zip file starts with. */
const ZIP_MAGIC = [0x50, 0x4b, 3, 4];

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
      name: `${INPUT}.${name}`,
      shape: [values.length],
      data: Float32Array.from(values),
    }));
    return encodeNpz([...torchTensors(architecture, weights), ...inputs], metadata);
  },
  recognises: (bytes) => ZIP_MAGIC.every((byte, i) => bytes[i] === byte),
  decode: (bytes, options) => {
    const { tensors, metadata } = decodeNpz(bytes);
    // The metadata have them in full precision. No node is called so.
    const layers = [...tensors].filter(([name]) => !STANDARDISATION.includes(name));
    return namedNetwork({ tensors: new Map(layers), metadata }, options);
  },
};
