import { fstatSync } from 'node:fs';

/** `/dev/fd/63`, also as `--out=/dev/fd/63`. */
const NAMED = /\/(?:dev|proc\/self)\/fd\/(\d{1,3})$/;

/**
 * Open file descriptors named by arguments, other than the standard streams: shells write
 * `/dev/fd/63` for `--out >(gzip)`. By default Node does not pass all of them on to its children.
 */
export function namedDescriptors(args: readonly string[]): readonly number[] {
  const named = args.map((arg) => Number(NAMED.exec(arg)?.[1] ?? 0));
  return [...new Set(named)].filter((fd) => fd > 2 && isOpen(fd));
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}
