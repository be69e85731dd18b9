import { createHash } from 'node:crypto';
import { strToU8, zipSync, type Zippable } from 'fflate';
import type { GeneratedNetwork, NetworkArchive, SampleJob } from './contracts.js';
import { networkFileName } from './file-name.js';

/** The first moment that a zip file can name, so that equal networks give equal archives. */
export const ARCHIVE_DATE = new Date(1980, 0, 1);

/**
 * Packs the networks of a job, with `manifest.json`, into a zip file that depends on nothing else.
 *
 * Stored, not deflated: trained float32 weights do not compress.
 */
export function packNetworks(
  job: SampleJob,
  networks: readonly GeneratedNetwork[],
): NetworkArchive {
  const { flow, architecture, seed, steps, solver, timeGrid, stochasticity, format, inputScaling } =
    job;
  const manifest = {
    flow,
    architecture,
    seed,
    steps,
    solver,
    timeGrid,
    stochasticity,
    format,
    inputScaling,
    extrapolated: networks.some(({ metadata }) => metadata.extrapolated === 'true'),
    networks: networks.map(({ index, sha256, bytes, metadata }) => ({
      index,
      file: networkFileName(job, index),
      sha256,
      sizeBytes: bytes.byteLength,
      metadata,
    })),
  };
  const files: Zippable = { 'manifest.json': strToU8(`${JSON.stringify(manifest, null, 2)}\n`) };
  for (const { index, bytes } of networks) files[networkFileName(job, index)] = bytes;
  const bytes = zipSync(files, { level: 0, mtime: ARCHIVE_DATE });
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}
