import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { needs, OFF_LINUX } from '../support/needs.js';
import { openLogSink } from '../../server/log-sink.js';

const LINES = 5_000;

let folder: string;
const open: number[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-'));
});

afterAll(() => {
  // Not before: a descriptor that is open again might get what a log still tries to write.
  for (const fd of open) closeSync(fd);
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A pipe that does not block, by its ends. */
function pipe(): { readonly reader: number; readonly writer: number } {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  open.push(writer);
  return { reader, writer };
}

/** What is in a pipe. */
function readAvailable(reader: number): string {
  const buffer = Buffer.alloc(2 ** 20);
  try {
    return buffer.toString('utf8', 0, readSync(reader, buffer));
  } catch (error) {
    // Nothing is.
    expect(error).toMatchObject({ code: 'EAGAIN' });
    return '';
  }
}

describe('the log', () => {
  it('is lines of JSON with time, level, event and fields', async () => {
    const path = join(folder, 'log');
    const fd = openSync(path, 'w');
    open.push(fd);
    const { log, lostLines, close } = openLogSink(fd);
    log('info', 'listening', { url: 'http://x', port: 80, ready: true, missing: undefined });
    log('warn', 'a "quoted"\nevent');
    log('error', 'closed');
    await close();
    const text = readFileSync(path, 'utf8');
    expect(text).toContain('"event":"closed"');
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]+\.\d{3}Z$/) as string;
    expect(lines).toEqual([
      { time, level: 'info', event: 'listening', url: 'http://x', port: 80, ready: true },
      { time, level: 'warn', event: 'a "quoted"\nevent' },
      { time, level: 'error', event: 'closed' },
    ]);
    expect(lostLines()).toBe(0);
  });

  it('loses what a reader that never reads leaves no room for, and counts it', async () => {
    const { reader, writer } = pipe();
    open.push(reader);
    const { log, lostLines, close } = openLogSink(writer);
    for (let line = 0; line < LINES; line++) log('info', 'request', { path: '/'.repeat(200) });
    await vi.waitFor(() => {
      expect(lostLines()).toBeGreaterThan(LINES / 2);
    });
    expect(lostLines()).toBeLessThan(LINES);
    await close();
  });

  it('goes on when a slow reader reads again', async () => {
    const { reader, writer } = pipe();
    open.push(reader);
    const { log, lostLines, close } = openLogSink(writer);
    for (let line = 0; line < LINES; line++) log('info', 'request', { path: '/'.repeat(200) });
    const lost = lostLines();
    const lines = (): number => text.split('\n').length - 1;
    let text = '';
    await vi.waitFor(
      () => {
        text += readAvailable(reader);
        expect(lines()).toBe(LINES - lost);
      },
      { timeout: 20_000, interval: 20 },
    );
    log('info', 'last');
    await close();
    expect(readAvailable(reader)).toContain('"event":"last"');
    expect(lostLines()).toBe(lost);
  });

  it('survives a reader that closes its end', async () => {
    const { reader, writer } = pipe();
    const { log, lostLines, close } = openLogSink(writer);
    closeSync(reader);
    for (let line = 0; line < LINES; line++) {
      log('info', 'request', { path: '/'.repeat(200) });
      if (line % 500 === 0) await new Promise(setImmediate);
    }
    expect(lostLines()).toBeGreaterThan(LINES / 2);
    await close();
    log('info', 'too late');
  });

  it('goes on when its lines can be written again, though its buffer is full', async () => {
    const { reader, writer } = pipe();
    const { log, lostLines, close } = openLogSink(writer);
    closeSync(reader);
    await vi.waitFor(
      () => {
        log('info', 'request', { path: '/'.repeat(200) });
        expect(lostLines()).toBeGreaterThan(0);
      },
      { interval: 0, timeout: 20_000 },
    );
    const next = openSync(join(folder, 'pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
    open.push(next);
    let text = '';
    await vi.waitFor(
      () => {
        text += readAvailable(next);
        // Too long for what room the others may have left.
        log('info', 'after', { path: '/'.repeat(400) });
        expect(text).toContain('"event":"after"');
      },
      { timeout: 20_000, interval: 20 },
    );
    await close();
  });

  it('survives a full disk', needs(OFF_LINUX), async () => {
    const full = openSync('/dev/full', 'w');
    open.push(full);
    const { log, lostLines, close } = openLogSink(full);
    for (let line = 0; line < LINES; line++) {
      log('info', 'request', { path: '/'.repeat(200) });
      if (line % 500 === 0) await new Promise(setImmediate);
    }
    expect(lostLines()).toBeGreaterThan(LINES / 2);
    await close();
  });
});
