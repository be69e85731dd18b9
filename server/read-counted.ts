import type { Request, Response } from 'express';
import type { AnswerMemory } from './answer-memory.js';
import { readJson } from './read-json.js';

/** Bodies up to this length are not counted, in bytes. */
const SMALL_BODY = 64 * 1024;

export interface ReadCountedOptions {
  readonly maxBodyBytes: number;
  readonly answers: AnswerMemory;
}

/** The JSON body of a request; while a long one arrives, it counts as memory of an answer does. */
export async function readCounted(
  req: Request,
  res: Response,
  { maxBodyBytes, answers }: ReadCountedOptions,
): Promise<unknown> {
  const declared = Number(req.get('Content-Length') ?? maxBodyBytes);
  const length = Math.min(declared, maxBodyBytes);
  if (length <= SMALL_BODY) return readJson(req, maxBodyBytes);
  const settle = answers.reserve(length, res);
  const body = await readJson(req, maxBodyBytes);
  settle(0);
  return body;
}
