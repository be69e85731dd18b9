import { CommanderError } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { failureOf } from '../../src/cli/failure.js';
import { WeightspringError } from '../../src/errors.js';

afterEach(() => vi.unstubAllEnvs());

/** As Node throws it. */
function systemError(code: string, members: object): Error {
  return Object.assign(new Error(`${code}: something`), { code, errno: -1, ...members });
}

describe('failureOf', () => {
  it.each([
    ['a wrong argument', new WeightspringError('invalid-argument', 'x'), 2],
    ['missing data', new WeightspringError('data-missing', 'x'), 2],
    ['a full disk', new WeightspringError('storage-failed', 'x'), 1],
    ['an interruption', new WeightspringError('cancelled', 'x'), 1],
    ['no memory', new WeightspringError('out-of-memory', 'x'), 1],
  ])('tells %s by its message', (_, error, exitCode) => {
    expect(failureOf(error)).toEqual({ exitCode, message: 'x' });
  });

  it.each([
    [systemError('EISDIR', { syscall: 'read' }), 2, /it is a folder: name a file/],
    [systemError('EACCES', { syscall: 'mkdir', path: '/a' }), 2, /^cannot write '\/a': permission/],
    [
      systemError('ENOSPC', { syscall: 'write' }),
      1,
      /^cannot write 'standard output': its disk is/,
    ],
    [systemError('EMFILE', { syscall: 'open', path: '/a' }), 1, /'\/a'.*too many open files/],
  ])('says what the operating system refused: %s', (error, exitCode, message) => {
    const failure = failureOf(error);
    expect(failure.exitCode).toBe(exitCode);
    expect(failure.message).toMatch(message);
  });

  it('leaves without a word when nobody reads on, as other programs do', () => {
    expect(failureOf(systemError('EPIPE', { syscall: 'write' }))).toEqual({
      exitCode: 141,
      message: null,
    });
  });

  it('adds nothing to what commander has printed', () => {
    expect(failureOf(new CommanderError(1, 'x', 'x'))).toEqual({ exitCode: 2, message: null });
    expect(failureOf(new CommanderError(0, 'help', ''))).toEqual({ exitCode: 0, message: null });
  });

  it.each([
    ['an error of the code', new TypeError('x is not\na function')],
    ['an internal error', new WeightspringError('internal', 'x is not\ta function')],
    ['a client that left', systemError('ECONNRESET', { syscall: 'write' })],
    ['a program that is not there', systemError('ENOENT', { syscall: 'spawn x', spawnargs: [] })],
    ['a text', 'x is not a function'],
  ])('tells %s on one line with how to get the stack, and the stack on demand', (_, error) => {
    const { exitCode, message } = failureOf(error);
    expect(exitCode).toBe(1);
    expect(message).toMatch(/^unexpected error: .+WEIGHTSPRING_STACK=1 shows$/);
    vi.stubEnv('WEIGHTSPRING_STACK', '1');
    expect(failureOf(error).message!.includes('\n    at ')).toBe(error instanceof Error);
  });

  it('keeps control characters of a file from the terminal', () => {
    const error = new WeightspringError('data-corrupt', "got 'a\u001b[2J\r\nb\u0000'");
    expect(failureOf(error).message).toBe("got 'a [2J b '");
  });
});
