import { fileCount, fileFormat, NETWORK_FORMATS, type SampleJob } from '../src/index.js';

const ANY_FILE = 'application/octet-stream';
export const ZIP = 'application/zip';

/** All media types of network files. */
export const FILE_TYPES: readonly string[] = [
  ...new Set([...NETWORK_FORMATS.map((format) => fileFormat(format).mediaType), ZIP, ANY_FILE]),
];

/** Media type of the file that answers a job. */
export function fileTypeOf(job: Pick<SampleJob, 'count' | 'format' | 'ensemble'>): string {
  return fileCount(job) > 1 ? ZIP : fileFormat(job.format).mediaType;
}

/** The types that a file is offered as, with the generic one for clients that accept only that. */
export function offeredTypes(mediaType: string): readonly string[] {
  return mediaType === ANY_FILE ? [ANY_FILE] : [mediaType, ANY_FILE];
}
