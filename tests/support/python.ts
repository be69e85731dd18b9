import { spawnSync } from 'node:child_process';

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
  const python = process.env.WEIGHTSPRING_PYTHON ?? 'python3';
  const probe = spawnSync(python, ['-c', `import ${packages.join(', ')}`], { encoding: 'utf8' });
  if (probe.status !== 0) {
    const why = probe.error?.message ?? `it lacks one of ${packages.join(', ')}`;
    const reason = `${python} cannot check this (${why}); set WEIGHTSPRING_PYTHON to one that can`;
    return { skipped: true, reason };
  }
  const { status, stdout, stderr } = spawnSync(python, ['-c', script], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${python} failed:\n${stderr}`);
  return { skipped: false, stdout };
}
