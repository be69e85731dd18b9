import process from 'node:process';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { onStopSignal } from '../src/stop-signals.js';

describe('onStopSignal', () => {
  let remove: () => void = () => undefined;
  let nowMs = 0;

  /** What a process exits with; the call itself does not return. */
  function watch(): { stop: ReturnType<typeof vi.fn<() => void>>; exits: unknown[] } {
    const exits: unknown[] = [];
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    vi.spyOn(process, 'exit').mockImplementation((code) => {
      exits.push(code);
      throw new Error('exit');
    });
    const stop = vi.fn<() => void>();
    remove = onStopSignal(stop);
    return { stop, exits };
  }

  afterEach(() => {
    remove();
    vi.restoreAllMocks();
  });

  it('stops once when one Ctrl-C arrives from the terminal and from npm', () => {
    const { stop, exits } = watch();
    process.emit('SIGINT');
    nowMs += 20;
    process.emit('SIGINT');
    expect(stop).toHaveBeenCalledTimes(1);
    expect(exits).toEqual([]);
  });

  it('ends the process at a second signal, also as process 1 that has no default action', () => {
    const { stop, exits } = watch();
    process.emit('SIGINT');
    nowMs += 400;
    expect(() => process.emit('SIGTERM', 'SIGTERM')).toThrow('exit');
    expect(stop).toHaveBeenCalledTimes(1);
    expect(exits).toEqual([143]);
  });

  it('calls instead what was given for the second signal', () => {
    const { exits } = watch();
    remove();
    const end = vi.fn<(signal: string) => void>();
    remove = onStopSignal(() => undefined, end);
    process.emit('SIGINT');
    nowMs += 400;
    process.emit('SIGTERM', 'SIGTERM');
    expect(end.mock.calls).toEqual([['SIGTERM']]);
    expect(exits).toEqual([]);
  });

  it('leaves no listener behind', () => {
    watch();
    remove();
    expect(process.listenerCount('SIGTERM')).toBe(0);
    expect(process.listenerCount('SIGINT')).toBe(0);
  });
});
