import { foldInputScaling } from './input-scaling.js';
import type { FileContent } from './kinds/file-format.js';
import { fileFormat } from './network-format.js';
import type { NetworkRequest } from './provenance.js';

/** The content of a file. */
export interface NetworkContent extends Pick<FileContent, 'standardisation'> {
  /** For standardised features. */
  readonly weights: Float32Array;
  /** The metadata of a file that holds these weights. */
  readonly describe: (held: Float32Array) => FileContent['metadata'];
}

/** A network as a file of the requested format, for raw features unless the request says otherwise. */
export function encodeNetwork(
  {
    architecture,
    format,
    inputScaling,
  }: Pick<NetworkRequest, 'architecture' | 'format' | 'inputScaling'>,
  { weights, standardisation, describe }: NetworkContent,
): { readonly bytes: Uint8Array; readonly metadata: FileContent['metadata'] } {
  const { holds, encode } = fileFormat(format);
  const isFolded = holds === 'weights' && inputScaling === 'folded';
  const held = isFolded ? foldInputScaling(architecture, weights, standardisation) : weights;
  const metadata = describe(held);
  return { bytes: encode({ architecture, weights: held, standardisation, metadata }), metadata };
}
