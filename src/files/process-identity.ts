import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import process from 'node:process';
import { promisify } from 'node:util';

/** Which process, also after its number has been given to another one. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** When it began, as the system tells it, with the boot that this counts from; null if unknown. */
  readonly started: string | null;
}

/** @param pid - of a process of this host; default: this one */
export async function identityOf(pid: number = process.pid): Promise<ProcessIdentity> {
  return { pid, host: hostname(), started: await startOf(pid) };
}

/**
 * Whether a process is still there. One of another host cannot be seen: it counts as running.
 *
 * Not running is also one whose number another process has now, or had before the machine started.
 */
export async function isRunning({ pid, host, started }: ProcessIdentity): Promise<boolean> {
  if (host !== hostname()) return true;
  if (!exists(pid)) return false;
  const now = await startOf(pid);
  return started === null || now === null || started === now;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process began, as the system tells it; null where it does not. */
export async function startOf(pid: number): Promise<string | null> {
  try {
    return process.platform === 'linux' ? await linuxStart(pid) : await postedStart(pid);
  } catch {
    return null;
  }
}

/** The id of the boot, and clock ticks since then; empty for one that ended and was not buried yet. */
async function linuxStart(pid: number): Promise<string> {
  const [boot, stat] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    readFile(`/proc/${pid}/stat`, 'utf8'),
  ]);
  // The second field is the name in parentheses, which may hold any character; then come the state
  // and, as the 22nd, the start.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return '';
  return `${boot.trim()} ${fields[19] ?? ''}`;
}

/** The date of its start; fails on Windows, which has no `ps`. */
async function postedStart(pid: number): Promise<string> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], {
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  });
  return stdout.trim();
}
