import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One update of a run: a line of its log. */
export interface TrainingRecord {
  readonly step: number;
  /** Hidden layers of the batch's architecture. */
  readonly hidden: number;
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

  private constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  static async open(runDir: string): Promise<TrainingLog> {
    await mkdir(runDir, { recursive: true });
    return new TrainingLog(createWriteStream(join(runDir, LOG_FILE), { flags: 'a' }));
  }

  write(record: TrainingRecord): void {
    this.#stream.write(`${JSON.stringify(record)}\n`);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#stream.once('error', reject);
      this.#stream.end(resolve);
    });
  }
}

/**
 * The records of a run in order of steps. Where a run was resumed from a checkpoint the later
 * record of a step counts; a line cut off by a crash is passed over.
 */
export async function readTrainingLog(runDir: string): Promise<readonly TrainingRecord[]> {
  const text = await readFile(join(runDir, LOG_FILE), 'utf8');
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
