import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';

/** A place in a command's work at which it waits for a test. */
export interface Gate {
  /** What Node gets beside the module, before it. */
  readonly flag: string;
  /** Lets the process go on; resolves once it has noticed. */
  readonly open: () => Promise<void>;
}

/**
 * Makes a command wait as soon as its stderr has said something, as a native call would: nothing of
 * it runs until the test opens the gate, however long that takes on a busy machine. Signals that
 * come meanwhile are delivered afterwards.
 *
 * @param fifo - a path for a named pipe
 * @param text - what it says, in one write
 */
export function gateAt(fifo: string, text: RegExp): Gate {
  execFileSync('mkfifo', [fifo]);
  const module = `
    import { openSync, closeSync } from 'node:fs';
    import process from 'node:process';
    import { isMainThread } from 'node:worker_threads';
    if (isMainThread) {
      const write = process.stderr.write.bind(process.stderr);
      process.stderr.write = (chunk, ...rest) => {
        const result = write(chunk, ...rest);
        if (${String(text)}.test(String(chunk))) {
          process.stderr.write = write;
          closeSync(openSync(${JSON.stringify(fifo)}, 'r'));
        }
        return result;
      };
    }
  `;
  return {
    flag: `--import=data:text/javascript,${encodeURIComponent(module)}`,
    open: () => writeFile(fifo, ''),
  };
}
