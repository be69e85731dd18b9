import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import process from 'node:process';
import { promisify } from 'node:util';

/** Identifies a process even after its number has been reused. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Its start time as the system reports it, with the boot it counts from; null if unknown. */
  readonly started: string | null;
}

/** @param pid - of a process of this host; default: this one */
export async function identityOf(pid: number = process.pid): Promise<ProcessIdentity> {
  return { pid, host: hostname(), started: await startOf(pid) };
}

/**
 * Whether a process is still running. One on another host cannot be checked and counts as running.
 *
 * A process whose number has been reused, or that is from before the last boot, is not running.
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
    // EPERM: it exists and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The start time of a process as the system reports it; null if it does not. */
export async function startOf(pid: number): Promise<string | null> {
  try {
    return process.platform === 'linux' ? await linuxStart(pid) : await postedStart(pid);
  } catch {
    return null;
  }
}

/** The id of the boot and clock ticks since then; empty for a zombie. */
async function linuxStart(pid: number): Promise<string> {
  const [boot, stat] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    readFile(`/proc/${pid}/stat`, 'utf8'),
  ]);
  // The second field is the name in parentheses, which may hold any character; the third is the
  // state, the 22nd the start time.
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
