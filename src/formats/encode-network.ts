import { foldInputScaling } from './input-scaling.js';
import type { FileContent } from './kinds/file-format.js';
import { fileFormat } from './network-format.js';
import type { NetworkRequest } from './provenance.js';

/** The content of a file; the weights are for standardised features. */
export type NetworkContent = Omit<FileContent, 'architecture'>;

/** A network as a file of the requested format, for raw features unless the request says otherwise. */
export function encodeNetwork(
  {
    architecture,
    format,
    inputScaling,
  }: Pick<NetworkRequest, 'architecture' | 'format' | 'inputScaling'>,
  { weights, standardisation, metadata }: NetworkContent,
): Uint8Array {
  const { holds, encode } = fileFormat(format);
  const isFolded = holds === 'weights' && inputScaling === 'folded';
  return encode({
    architecture,
    weights: isFolded ? foldInputScaling(architecture, weights, standardisation) : weights,
    standardisation,
    metadata,
  });
}
