import {
  fileFormat,
  networkFileName,
  type GeneratedNetwork,
  type SampleJob,
} from '../src/index.js';
import { detached, type Artefact } from './artefacts.js';

/**
 * The file of a network, or of an ensemble.
 *
 * @param job - the whole one, of which the network may be a part
 */
export function toArtefact(
  job: SampleJob,
  network: GeneratedNetwork,
  extrapolated: boolean,
): Artefact {
  const { index, bytes, sha256: id, metadata } = network;
  const fileName = networkFileName(job, job.count, index);
  const { mediaType } = fileFormat(job.format);
  return { id, bytes: detached(bytes), fileName, mediaType, extrapolated, metadata };
}
