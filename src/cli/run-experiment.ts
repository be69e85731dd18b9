import { join } from 'node:path';
import { ExperimentRun, type ExperimentHost } from '../experiments/experiment-run.js';
import { formatChecks, type Check, type ResultFiles } from '../experiments/results-page.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { openEngine } from './engine.js';
import { resultsFolder, type ExperimentFlags } from './experiment-options.js';
import { lockRun } from './lock-run.js';
import { printResult, say } from './output.js';
import { createProgress, type Progress } from './progress.js';
import { interruptSignal } from './signals.js';

/** Opens the run's folder, shows progress, and stops in order when interrupted. */
export async function withRun<T>(
  flags: ExperimentFlags,
  configuration: Readonly<Record<string, unknown>>,
  use: (run: ExperimentRun) => Promise<T>,
): Promise<T> {
  let shown: { readonly stage: string; readonly progress: Progress } | undefined;
  const host: ExperimentHost = {
    openEngine: () => openEngine(flags.engine, flags),
    signal: interruptSignal(() => {
      say('stopping after this step; the same command continues');
    }),
    onProgress: (stage, done, total, note) => {
      if (shown?.stage !== stage) {
        shown?.progress.done();
        shown = { stage, progress: createProgress({ label: stage, total, done: done - 1 }) };
      }
      shown.progress.update(done, note);
    },
  };
  const lock = await lockRun(flags.runDir);
  try {
    const run = await ExperimentRun.open(
      flags.runDir,
      { ...configuration, seed: flags.seed, engine: flags.engine },
      host,
    );
    return await use(run);
  } finally {
    shown?.progress.done();
    lock.release();
  }
}

/** Writes the page and its figures, and prints how the requirements are met. */
export async function report(
  flags: ExperimentFlags,
  contents: ResultFiles,
  checks: readonly Check[],
): Promise<void> {
  const files = await writeResults(resultsFolder(flags), contents);
  printResult({ files, checks }, flags.json === true, () =>
    checks.length === 0 ? files.join('\n') : formatChecks(checks),
  );
}

/**
 * Writes the files of an experiment's results and says so.
 *
 * @returns their paths
 */
export async function writeResults(
  folder: string,
  contents: ResultFiles,
): Promise<readonly string[]> {
  const files: string[] = [];
  for (const [name, content] of contents) {
    const path = join(folder, name);
    await writeFileAtomic(path, content);
    files.push(path);
  }
  say(`wrote ${files.join(', ')}`);
  return files;
}
