import type { Request, Response } from 'express';
import type { Artefact } from './artefacts.js';
import { writeBody } from './write-answer.js';

export interface FileAnswer {
  readonly artefact: Artefact;
  readonly mediaType: string;
  /** How long the client may take to read each MiB. */
  readonly writeTimeoutMs: number;
}

/** Answers with a file, or with 304 if the client has it. */
export async function sendFile(
  req: Request,
  res: Response,
  { artefact, mediaType, writeTimeoutMs }: FileAnswer,
): Promise<void> {
  const { id, bytes, fileName } = artefact;
  res.set('ETag', `"${id}"`);
  if (req.fresh) {
    res.status(304).end();
    return;
  }
  res.attachment(fileName).type(mediaType);
  res.set('Content-Length', String(bytes.byteLength));
  if (req.method === 'HEAD') res.end();
  else await writeBody(res, bytes, writeTimeoutMs);
}
