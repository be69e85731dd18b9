import { readdir, readFile, writeFile } from 'node:fs/promises';

/**
 * Resident memory of a process and all that descend from it, in MiB: the sum of `VmRSS`, pages
 * that they share counted for each. Null where there is no `/proc`.
 */
export async function residentMiB(root: number): Promise<number | null> {
  if (process.platform !== 'linux') return null;
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const statuses = (await Promise.all(ids.map(readStatus))).filter(
    (status) => status !== undefined,
  );
  const family = new Set([root]);
  let size: number;
  do {
    size = family.size;
    for (const { pid, parent } of statuses) if (family.has(parent)) family.add(pid);
  } while (family.size > size);
  const kib = statuses
    .filter(({ pid }) => family.has(pid))
    .reduce((sum, { residentKib }) => sum + residentKib, 0);
  return kib / 1024;
}

/**
 * Largest resident memory of this process so far, in MiB. Not `ru_maxrss` on Linux: a process
 * inherits that of the one that started it.
 */
export async function peakResidentMiB(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => undefined);
  return (status === undefined ? process.resourceUsage().maxRSS : field(status, 'VmHWM')) / 1024;
}

/** Starts {@link peakResidentMiB} anew, on Linux. */
export async function forgetPeak(): Promise<void> {
  await writeFile('/proc/self/clear_refs', '5').catch(() => undefined);
}

interface ProcessStatus {
  readonly pid: number;
  readonly parent: number;
  readonly residentKib: number;
}

/** Undefined for a process that ended meanwhile. */
async function readStatus(id: string): Promise<ProcessStatus | undefined> {
  const text = await readFile(`/proc/${id}/status`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  return { pid: Number(id), parent: field(text, 'PPid'), residentKib: field(text, 'VmRSS') };
}

/** A number in the text of `/proc/…/status`. */
function field(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
}
