import { fractionDone, type ReportProgress } from '../pace.js';

/** The part of a writable stream that progress needs; `process.stderr` is one. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  /** Columns of the terminal. */
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressOptions {
  /** What is being done: `training`, `zoo`. */
  readonly label: string;
  /** How many units of work there are. */
  readonly total: number;
  /** Units done before the start, in a run that resumes; they do not count towards the speed. Default 0. */
  readonly done?: number;
  /** Default `process.stderr`, so that results on stdout stay clean. */
  readonly stream?: ProgressStream;
  /** Milliseconds, monotonic. Default `performance.now`. */
  readonly now?: () => number;
  /** Work that ends within this time is not shown at all. Default 0. */
  readonly quietMs?: number;
}

/** Of work that is done in no time with little data, and with much takes long. */
export const QUIET_MS = 500;

/** Shows how far a long piece of work is. */
export interface Progress {
  /** Reports that `done` of the total units are done, with a short note such as the loss. */
  update(done: number, note?: string): void;
  /** Ends the display, leaving one line that says how much was done and how long it took. */
  done(): void;
}

/** A terminal line is drawn at most this often; more would only cost time. */
const REDRAW_MS = 100;
/** Where lines stay, as in a log file, a line at each tenth of the work or after this long. */
const LOG_INTERVAL_MS = 60_000;
const LOG_SHARE = 0.1;
const BAR_WIDTH = 24;

/** Streams that end in a bar. */
const drawn = new Set<ProgressStream>();

/**
 * A progress bar with the estimated time left: redrawn in place on a terminal, sparse plain lines
 * elsewhere.
 *
 * @example
 * const progress = createProgress({ label: 'training', total: 1500 });
 * progress.update(10, 'loss 0.41');
 * progress.done();
 */
export function createProgress(options: ProgressOptions): Progress {
  const { label, total, stream = process.stderr, now = () => performance.now() } = options;
  const { quietMs = 0 } = options;
  const terminal = stream.isTTY === true;
  const startDone = options.done ?? 0;
  const startMs = now();
  let current = { done: startDone, note: '' };
  let shown = { done: startDone, atMs: terminal ? -Infinity : startMs };

  const status = (left: string): string => {
    const percent = `${String(Math.floor(fractionDone(current.done, total) * 100)).padStart(3)} %`;
    const parts = [`${label} ${percent}`, `${String(current.done)}/${String(total)}`, left];
    return [...parts, current.note].filter((part) => part !== '').join('  ');
  };

  const isQuiet = (): boolean => now() - startMs < quietMs;
  const due = (): boolean => {
    if (isQuiet()) return false;
    const elapsed = now() - shown.atMs;
    if (terminal) return elapsed >= REDRAW_MS;
    const advanced = fractionDone(current.done, total) - fractionDone(shown.done, total);
    return advanced >= LOG_SHARE - 1e-9 || elapsed >= LOG_INTERVAL_MS;
  };

  return {
    update(done, note = '') {
      current = { done, note };
      if (!due()) return;
      shown = { done, atMs: now() };
      const line = status(timeLeft(done - startDone, total - done, now() - startMs));
      stream.write(
        terminal
          ? redraw(`${bar(fractionDone(done, total))} ${line}`, stream.columns)
          : `${line}\n`,
      );
      if (terminal) drawn.add(stream);
    },
    done() {
      if (isQuiet()) return;
      const line = `${status(`in ${formatDuration(now() - startMs)}`)}\n`;
      stream.write(terminal ? `${CLEAR_LINE}${line}` : line);
      drawn.delete(stream);
    },
  };
}

/**
 * Runs a piece of work with its progress on display, from the first report to the end of the work,
 * however it ends.
 *
 * @param work - gets what it reports with
 * @param options - of the display; the total comes with the reports
 */
export async function withProgress<T>(
  label: string,
  work: (report: ReportProgress) => Promise<T>,
  options: Omit<ProgressOptions, 'label' | 'total' | 'done'> = {},
): Promise<T> {
  let progress: Progress | undefined;
  try {
    return await work((done, total, note) => {
      // What is done at its first report was too short to be watched.
      if (progress === undefined && done >= total) return;
      // A run that resumes begins elsewhere than at its first unit.
      progress ??= createProgress({ ...options, label, total, done: Math.max(done - 1, 0) });
      progress.update(done, note);
    });
  } finally {
    progress?.done();
  }
}

/**
 * A line beside the display of progress: a bar that stands on the terminal makes room, and is drawn
 * again at the next report.
 */
export function writeBeside(line: string, stream: ProgressStream = process.stderr): void {
  stream.write(drawn.has(stream) ? `${CLEAR_LINE}${line}\n` : `${line}\n`);
}

/** `850 ms`, `12 s`, `3 min 05 s`, `2 h 07 min`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${String(Math.round(durationMs))} ms`;
  const seconds = Math.round(durationMs / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (seconds < 60) return `${String(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${String(minutes)} min ${two(seconds % 60)} s`;
  return `${String(Math.floor(minutes / 60))} h ${two(minutes % 60)} min`;
}

/** Unknown before the first unit is done. */
function timeLeft(worked: number, remaining: number, elapsedMs: number): string {
  if (worked <= 0 || remaining <= 0) return '';
  return `${formatDuration((elapsedMs / worked) * remaining)} left`;
}

function bar(part: number): string {
  const filled = Math.floor(part * BAR_WIDTH);
  return '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
}

/** One line only: a line that wraps could not be redrawn in place. */
function redraw(line: string, columns = 0): string {
  // A terminal that was not told its size says 0.
  return CLEAR_LINE + line.slice(0, (columns === 0 ? 80 : columns) - 1);
}

const CLEAR_LINE = '\r\u001b[2K';
