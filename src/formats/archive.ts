import { createHash } from 'node:crypto';
import { strToU8, zipSync, type Zippable } from 'fflate';
import { ZIP_DATE } from '../files/zip-date.js';
import type { GeneratedNetwork, NetworkArchive } from './generated-network.js';
import { provenanceOf, type NetworkRequest } from './provenance.js';
import { networkFileName } from './file-name.js';

/**
 * Packs the networks of a request and a `manifest.json` into a zip file: same input, same bytes.
 *
 * Stored without compression, since trained float32 weights do not compress.
 */
export function packNetworks(
  request: NetworkRequest,
  networks: readonly GeneratedNetwork[],
): NetworkArchive {
  const fileName = (index: number): string => networkFileName(request, networks.length, index);
  const isExtrapolated = networks.some(({ metadata }) => metadata.extrapolated === 'true');
  const manifest = {
    ...provenanceOf(request, isExtrapolated),
    networks: networks.map(({ index, sha256, bytes, metadata }) => ({
      index,
      file: fileName(index),
      sha256,
      sizeBytes: bytes.byteLength,
      metadata,
    })),
  };
  const files: Zippable = { 'manifest.json': strToU8(`${JSON.stringify(manifest, null, 2)}\n`) };
  for (const { index, bytes } of networks) files[fileName(index)] = bytes;
  const bytes = zipSync(files, { level: 0, mtime: ZIP_DATE });
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}
