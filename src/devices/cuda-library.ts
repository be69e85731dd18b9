import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { listSupportedBackends } from 'onnxruntime-node';

/** What the CUDA provider adds to onnxruntime-node; the second loads the CUDA libraries. */
const LIBRARIES = [
  'libonnxruntime_providers_shared.so',
  'libonnxruntime_providers_cuda.so',
] as const;

/**
 * Why onnxruntime cannot load its CUDA provider; `undefined` where the library itself loads.
 * onnxruntime's own error only says that something could not be loaded.
 */
export function cudaLibraryError(): string | undefined {
  if (!listSupportedBackends().some(({ name }) => name === 'cuda')) {
    return `onnxruntime has no CUDA provider for ${process.platform}/${process.arch}`;
  }
  const folder = nativeFolder();
  const absent = LIBRARIES.find((name) => !existsSync(path.join(folder, name)));
  if (absent !== undefined) {
    return `${absent} is not installed`;
  }
  return loadError(path.join(folder, LIBRARIES[1]));
}

/** Where onnxruntime-node keeps its native libraries for this machine. */
function nativeFolder(): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  const binaries = path.join(path.dirname(entry), '..', 'bin');
  const [version = ''] = readdirSync(binaries);
  return path.join(binaries, version, process.platform, process.arch);
}

/** The loader's complaint about a shared library: the first one that is missing below it. */
function loadError(library: string): string | undefined {
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // A library that loads and is no module of Node's is what we hope for.
    return message.startsWith('Module did not self-register') ? undefined : message;
  }
  return undefined;
}
