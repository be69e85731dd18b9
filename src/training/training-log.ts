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

/** What every line of a log has: the updates done. */
type LogRecord = Pick<TrainingRecord, 'step'>;

export const LOG_FILE = 'log.jsonl';

/** A log of a run, one JSON object a line, appended to when the run is resumed. */
export class TrainingLog<T extends LogRecord = TrainingRecord> {
  readonly #stream: WriteStream;
  /** Why the stream was ended early, such as a full disk. */
  #failure: unknown = null;

  private constructor(stream: WriteStream, path: string) {
    this.#stream = stream;
    stream.on('error', (cause) => {
      this.#failure = fileError(cause, { action: 'write', path });
    });
  }

  /**
   * @param name - of the file; default: that of the updates
   * @throws WeightspringError where the folder cannot be written
   */
  static async open<T extends LogRecord = TrainingRecord>(
    runDir: string,
    name = LOG_FILE,
  ): Promise<TrainingLog<T>> {
    const path = join(runDir, name);
    const file = await accessFile({ action: 'write', path }, async () => {
      await mkdir(runDir, { recursive: true });
      return open(path, 'a');
    });
    return new TrainingLog<T>(file.createWriteStream(), path);
  }

  /** @throws WeightspringError `storage-failed` when an earlier record could not be written */
  write(record: T): void {
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
 *
 * @param name - of the file; default: that of the updates
 */
export async function readTrainingLog<T extends LogRecord = TrainingRecord>(
  runDir: string,
  name = LOG_FILE,
): Promise<readonly T[]> {
  const text = await readText(join(runDir, name), { what: 'the log of a run' });
  const bySteps = new Map<number, T>();
  for (const line of text.split('\n')) {
    const record = parseRecord(line) as T | null;
    if (record !== null) bySteps.set(record.step, record);
  }
  return [...bySteps.values()].sort((a, b) => a.step - b.step);
}

function parseRecord(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
