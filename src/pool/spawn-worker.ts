import { spawn, type ChildProcess } from 'node:child_process';
import process from 'node:process';
import { PassThrough, type Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { beatIntervalMs } from './heartbeat.js';

/**
 * Settings of glibc's allocator: large freed blocks are returned to the system. Building a session
 * briefly needs several copies of a model, whose memory a process would otherwise keep.
 */
const THRIFTY_ALLOCATION = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '131072',
};
/**
 * Limits V8's young generation to 3 MB instead of 48: a worker makes little garbage, mostly while
 * building a graph, and would keep the pages for good.
 */
const THRIFTY_COLLECTION = ['--max-semi-space-size=1'];

/**
 * Starts a worker process.
 *
 * It gets its own pipes: a process that shared ours would make them blocking at its start, and would
 * block when nobody reads them.
 *
 * @param path - module to run
 * @param silenceMs - longest time between heartbeats
 */
export function spawnWorker(path: string | URL, silenceMs: number): ChildProcess {
  const file = path instanceof URL ? fileURLToPath(path) : path;
  const args = [...THRIFTY_COLLECTION, file, String(beatIntervalMs(silenceMs))];
  return spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    env: { ...THRIFTY_ALLOCATION, ...process.env },
  });
}

/** A pipe to the process, or to nowhere if the process could not be started. */
export function pipeTo(child: ChildProcess, fd: number): Duplex {
  const stdio = child.stdio as ChildProcess['stdio'] | undefined;
  return (stdio?.[fd] as Duplex | null | undefined) ?? new PassThrough();
}
