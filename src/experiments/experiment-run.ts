import { appendFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { WeightspringError } from '../errors.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { claimFolder } from '../files/claim-folder.js';
import { accessFile } from '../files/file-error.js';
import { readTextIfPresent } from '../files/read-file.js';
import type { Watcher } from '../pace.js';
import type { Engine } from '../training/engine.js';

/** What an experiment needs from outside. */
export interface ExperimentHost {
  /** Opened when the first step that trains asks for it. */
  readonly openEngine: () => Promise<Engine>;
  /** Called as work proceeds: units done of a stage, and a short note. */
  readonly onProgress: (stage: string, done: number, total: number, note?: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A resumable run: a folder that remembers every step's result, so that the same call continues
 * after the process was ended at any point.
 *
 * Results are JSON: what a step returns must survive it.
 */
export class ExperimentRun {
  #engine: Promise<Engine> | null = null;

  private constructor(
    private readonly folder: string,
    private readonly host: ExperimentHost,
  ) {}

  /**
   * @param configuration - all that decides the results
   * @throws WeightspringError `invalid-argument` when the folder holds a run of another configuration
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

  /** For a computation that takes a stage of the run. */
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

  /** The result of a step: computed once, read from `<name>.json` from then on. */
  async once<T>(name: string, compute: () => T | Promise<T>): Promise<T> {
    const path = this.path(`${name}.json`);
    const known = await readTextIfPresent(path, STEP_RESULT);
    // Only this method writes the file, and whole.
    if (known !== null) return JSON.parse(known) as T;
    this.#ensureWanted();
    const value = await compute();
    await writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
    return value;
  }

  /**
   * The results of many like steps, a line each in `<name>.jsonl`; those that are there already are
   * not computed again.
   */
  async each<T>(
    name: string,
    total: number,
    compute: (index: number) => T | Promise<T>,
  ): Promise<readonly T[]> {
    const path = this.path(`${name}.jsonl`);
    const text = (await readTextIfPresent(path, STEP_RESULT)) ?? '';
    const known = readLines<T>(text);
    // A line that was cut off must not swallow the next one.
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
      `stopped; the same command continues from ${this.folder}`,
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
      // Empty, or cut off when a process ended: that step is computed again.
    }
  }
  return lines;
}
