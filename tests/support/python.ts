import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

/** What a Python program printed, or why it could not run here. */
export type PythonAnswer =
  | { readonly skipped: false; readonly stdout: string }
  | { readonly skipped: true; readonly reason: string };

export interface PythonOptions {
  /** Modules that the program imports: where one is missing, the answer is a reason to skip. */
  readonly packages: readonly string[];
  readonly input?: string;
}

/**
 * Runs a Python program as an independent witness. The interpreter is `WEIGHTSPRING_PYTHON`, or
 * `python3`; a test that gets `skipped` skips with the reason.
 */
export function runPython(script: string, { packages, input = '' }: PythonOptions): PythonAnswer {
  const python = interpreter();
  const reason = pythonLack(packages);
  if (reason !== undefined) return { skipped: true, reason };
  const { status, stdout, stderr } = spawnSync(python, ['-c', script], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${python} failed:\n${stderr}`);
  return { skipped: false, stdout };
}

/** Runs a file of Python while this process goes on, such as to answer it. @returns its output */
export async function runPythonFile(path: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(interpreter(), [path, ...args]);
  return stdout;
}

/** Why no Python here can import these packages, if so. */
export function pythonLack(packages: readonly string[]): string | undefined {
  const python = interpreter();
  const probe = spawnSync(python, ['-c', `import ${packages.join(', ')}`], { encoding: 'utf8' });
  if (probe.status === 0) return undefined;
  const why = probe.error?.message ?? `it lacks one of ${packages.join(', ')}`;
  return `${python} cannot check this (${why}); set WEIGHTSPRING_PYTHON to one that can`;
}

const interpreter = (): string => process.env.WEIGHTSPRING_PYTHON ?? 'python3';
