import { appendFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { WeightspringError } from '../errors.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { claimFolder } from '../files/claim-folder.js';
import { accessFile } from '../files/file-error.js';
import { readTextIfPresent } from '../files/read-file.js';
import type { Watcher } from '../pace.js';
import type { Engine } from '../training/engine.js';

/** What an experiment gets from its caller. */
export interface ExperimentHost {
  /** Called when the first training step needs it. */
  readonly openEngine: () => Promise<Engine>;
  /** Called with progress: units done of a stage, and a short note. */
  readonly onProgress: (stage: string, done: number, total: number, note?: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A resumable run: a folder that stores every step's result, so that after the process ends at any
 * point, the same call continues.
 *
 * Results are stored as JSON, so what a step returns must survive conversion.
 */
export class ExperimentRun {
  #engine: Promise<Engine> | null = null;

  private constructor(
    private readonly folder: string,
    private readonly host: ExperimentHost,
  ) {}

  /**
   * @param configuration - everything that determines the results
   * @throws WeightspringError `invalid-argument` if the folder holds a run of another configuration
   */
  static async open(
    folder: string,
    configuration: unknown,
    host: ExperimentHost,
  ): Promise<ExperimentRun> {
    await claimFolder(folder, configuration);
    return new ExperimentRun(folder, host);
  }

  get signal(): AbortSignal | undefined {
    return this.host.signal;
  }

  engine(): Promise<Engine> {
    return (this.#engine ??= this.host.openEngine());
  }

  /** A path inside the folder. */
  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  /** Watcher of a computation that is a stage of the run. */
  watcher(stage: string): Watcher {
    return {
      signal: this.signal,
      onProgress: (done, total) => {
        this.progress(stage, done, total);
      },
    };
  }

  progress(stage: string, done: number, total: number, note?: string): void {
    this.host.onProgress(stage, done, total, note);
  }

  /** The result of a step: computed once, then read from `<name>.json`. */
  async once<T>(name: string, compute: () => T | Promise<T>): Promise<T> {
    const path = this.path(`${name}.json`);
    const known = await readTextIfPresent(path, STEP_RESULT);
    // Only this method writes the file, and always completely.
    if (known !== null) return JSON.parse(known) as T;
    this.#ensureWanted();
    const value = await compute();
    await writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
    return value;
  }

  /**
   * The results of many similar steps, one per line in `<name>.jsonl`; existing ones are not
   * computed again.
   */
  async each<T>(
    name: string,
    total: number,
    compute: (index: number) => T | Promise<T>,
  ): Promise<readonly T[]> {
    const path = this.path(`${name}.jsonl`);
    const text = (await readTextIfPresent(path, STEP_RESULT)) ?? '';
    const known = readLines<T>(text);
    // A truncated line must not merge with the next one.
    if (text !== '' && !text.endsWith('\n')) await append(path, '\n');
    const values: T[] = [];
    for (let index = 0; index < total; index++) {
      const before = known.get(index);
      if (before !== undefined) {
        values.push(before.value);
        continue;
      }
      this.#ensureWanted();
      const value = await compute(index);
      await append(path, `${JSON.stringify({ index, value })}\n`);
      values.push(value);
      this.progress(name, index + 1, total);
    }
    return values;
  }

  #ensureWanted(): void {
    if (this.host.signal?.aborted !== true) return;
    throw new WeightspringError(
      'cancelled',
      `stopped; run the same command to continue from ${this.folder}`,
    );
  }
}

const STEP_RESULT = { what: 'results of a run' };

async function append(path: string, text: string): Promise<void> {
  await accessFile({ action: 'write', path }, async () => {
    await mkdir(dirname(path), { recursive: true });
    await appendFile(path, text);
  });
}

interface Line<T> {
  readonly index: number;
  readonly value: T;
}

function readLines<T>(text: string): ReadonlyMap<number, Line<T>> {
  const lines = new Map<number, Line<T>>();
  for (const line of text.split('\n')) {
    try {
      const parsed = JSON.parse(line) as Line<T>;
      lines.set(parsed.index, parsed);
    } catch {
      // Empty, or truncated when a process ended: that step is computed again.
    }
  }
  return lines;
}
