import type { WriteStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { accessFile, fileError } from '../files/file-error.js';
import { readText } from '../files/read-file.js';

/** One update of a run: a line of its log. */
export interface TrainingRecord {
  readonly step: number;
  /** Key of the family of the batch's architecture: `30-h1-h2-2`. */
  readonly family: string;
  readonly loss: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  readonly learningRate: number;
  readonly durationMs: number;
}

export const LOG_FILE = 'log.jsonl';

/** The log of a run, one JSON object a line, appended to when the run is resumed. */
export class TrainingLog {
  readonly #stream: WriteStream;
  /** Why the stream was ended early, such as a full disk. */
  #failure: unknown = null;

  private constructor(stream: WriteStream, path: string) {
    this.#stream = stream;
    stream.on('error', (cause) => {
      this.#failure = fileError(cause, { action: 'write', path });
    });
  }

  /** @throws WeightspringError where the folder cannot be written */
  static async open(runDir: string): Promise<TrainingLog> {
    const path = join(runDir, LOG_FILE);
    const file = await accessFile({ action: 'write', path }, async () => {
      await mkdir(runDir, { recursive: true });
      return open(path, 'a');
    });
    return new TrainingLog(file.createWriteStream(), path);
  }

  /** @throws WeightspringError `storage-failed` when an earlier record could not be written */
  write(record: TrainingRecord): void {
    this.#throwFailure();
    this.#stream.write(`${JSON.stringify(record)}\n`);
  }

  /** @throws WeightspringError `storage-failed` when not all records could be written */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#stream.once('close', resolve);
      this.#stream.end();
      if (this.#stream.closed) resolve();
    });
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure as Error;
  }
}

/**
 * The records of a run in order of steps. Where a run was resumed from a checkpoint the later
 * record of a step counts; a line cut off by a crash is passed over.
 */
export async function readTrainingLog(runDir: string): Promise<readonly TrainingRecord[]> {
  const text = await readText(join(runDir, LOG_FILE), { what: 'the log of a run' });
  const bySteps = new Map<number, TrainingRecord>();
  for (const line of text.split('\n')) {
    const record = parseRecord(line);
    if (record !== null) bySteps.set(record.step, record);
  }
  return [...bySteps.values()].sort((a, b) => a.step - b.step);
}

function parseRecord(line: string): TrainingRecord | null {
  try {
    return JSON.parse(line) as TrainingRecord;
  } catch {
    return null;
  }
}
