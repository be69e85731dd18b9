import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import process from 'node:process';

/** What the last bits of a result depend on beside the program. */
export type Machine = Readonly<Record<'system' | 'vectors' | 'node' | 'onnxruntime', string>>;

/** Sets of vector instructions that onnxruntime and the C library choose their code by. */
const VECTOR_SETS = ['avx', 'fma', 'avx2', 'avx512f', 'avx512_bf16', 'amx_tile', 'asimd', 'sve'];

export function thisMachine(): Machine {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as {
    version: string;
  };
  return {
    system: [process.platform, process.arch, ...glibc()].join(' '),
    vectors: vectorSets(),
    node: process.versions.node.replace(/\..*/, ''),
    onnxruntime: version,
  };
}

/** Why digests that another machine wrote are not this machine's, if it is another. */
export function otherMachine(pinned: Machine): string | undefined {
  const here = thisMachine();
  const differences = (Object.keys(here) as (keyof Machine)[])
    .filter((name) => here[name] !== pinned[name])
    .map((name) => `${name} '${here[name]}', not '${pinned[name]}'`);
  return differences.length === 0
    ? undefined
    : `digests are another machine's, this one has ${differences.join(', ')}`;
}

function glibc(): readonly string[] {
  const { header } = process.report.getReport() as unknown as {
    header: { glibcVersionRuntime?: string };
  };
  return header.glibcVersionRuntime === undefined ? [] : [`glibc ${header.glibcVersionRuntime}`];
}

/** On Linux what the processor can do, elsewhere which one it is. */
function vectorSets(): string {
  try {
    const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'));
    const flags = new Set(line?.[1]?.split(' '));
    return VECTOR_SETS.filter((name) => flags.has(name)).join(' ');
  } catch {
    return cpus()[0]?.model ?? 'unknown';
  }
}
