import { describe, expect, it } from 'vitest';
import { WeightspringError, type ErrorCode } from '../../src/errors.js';
import { fileError } from '../../src/files/file-error.js';

/** As Node throws it. */
function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: something, write`), {
    code,
    errno: -1,
    syscall: 'write',
  });
}

describe('fileError', () => {
  it.each<[string, ErrorCode, RegExp]>([
    ['EISDIR', 'invalid-argument', /it is a folder: name a file$/],
    ['ENOTDIR', 'invalid-argument', /a part of the path is a file/],
    ['EACCES', 'invalid-argument', /permission is denied/],
    ['EPERM', 'invalid-argument', /permission is denied/],
    ['EROFS', 'invalid-argument', /read-only/],
    [
      'ENOSPC',
      'storage-failed',
      /its disk is full: free some space and run the same command again$/,
    ],
    ['EDQUOT', 'storage-failed', /quota/],
    ['EIO', 'storage-failed', /its disk failed/],
    ['EMFILE', 'storage-failed', /too many open files: raise the limit \(ulimit -n\)/],
    ['ENFILE', 'storage-failed', /this machine has too many open files/],
    ['EPIPE', 'storage-failed', /reader has closed the pipe/],
    ['EXDEV', 'storage-failed', /the operating system refuses it \(EXDEV: something, write\)/],
  ])('makes of %s a %s that names the file and what to do', (code, expected, message) => {
    for (const action of ['read', 'write'] as const) {
      const error = fileError(systemError(code), { action, path: '/some/where' });
      expect(error).toBeInstanceOf(WeightspringError);
      expect(error).toMatchObject({ code: expected });
      expect(String(error)).toMatch(message);
      expect(String(error)).toContain("'/some/where'");
    }
  });

  it('says what was expected where nothing is, and what to do in that case', () => {
    const use = {
      action: 'read',
      path: 'x.zoo',
      what: 'a zoo file',
      missing: { code: 'data-missing', advice: 'make one' },
    } as const;
    expect(fileError(systemError('ENOENT'), use)).toMatchObject({
      code: 'data-missing',
      message: "expected a zoo file at 'x.zoo', but there is none: make one",
    });
  });

  it('leaves other errors as they are', () => {
    const use = { action: 'read', path: 'x' } as const;
    const socket = Object.assign(systemError('EACCES'), { syscall: 'listen', port: 80 });
    for (const error of [new Error('x'), new WeightspringError('internal', 'x'), socket, 'text']) {
      expect(fileError(error, use)).toBe(error);
    }
  });
});
