import { readdir, readFile } from 'node:fs/promises';

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

interface ProcessStatus {
  readonly pid: number;
  readonly parent: number;
  readonly residentKib: number;
}

/** Undefined for a process that ended meanwhile. */
async function readStatus(id: string): Promise<ProcessStatus | undefined> {
  const text = await readFile(`/proc/${id}/status`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return { pid: Number(id), parent: field('PPid'), residentKib: field('VmRSS') };
}
