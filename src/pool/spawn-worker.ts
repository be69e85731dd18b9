import { spawn, type ChildProcess } from 'node:child_process';
import process from 'node:process';
import { PassThrough, type Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { beatIntervalMs } from './heartbeat.js';

/**
 * Settings of glibc's allocator: large blocks go back to the system when they are freed. Building a
 * session needs several copies of a model for a moment; without this a process keeps their memory.
 */
const THRIFTY_ALLOCATION = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '131072',
};
/**
 * Bounds the young generation of V8 by 3 MB instead of 48: a worker makes little garbage, most of it
 * while it builds a graph, and would keep the pages for good.
 */
const THRIFTY_COLLECTION = ['--max-semi-space-size=1'];

/**
 * Starts a worker process.
 *
 * It gets pipes of its own: a process that shared ours would make them blocking at its start, and
 * would itself stand still when nobody reads them.
 *
 * @param path - module that it runs
 * @param silenceMs - how long it may give no sign of life
 */
export function spawnWorker(path: string | URL, silenceMs: number): ChildProcess {
  const file = path instanceof URL ? fileURLToPath(path) : path;
  const args = [...THRIFTY_COLLECTION, file, String(beatIntervalMs(silenceMs))];
  return spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    env: { ...THRIFTY_ALLOCATION, ...process.env },
  });
}

/** A pipe to the process; one to nowhere where the system had none left, and nothing was started. */
export function pipeTo(child: ChildProcess, fd: number): Duplex {
  const stdio = child.stdio as ChildProcess['stdio'] | undefined;
  return (stdio?.[fd] as Duplex | null | undefined) ?? new PassThrough();
}
