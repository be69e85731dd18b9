import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { listSupportedBackends } from 'onnxruntime-node';

/**
 * Libraries that the CUDA provider adds to onnxruntime-node; the second loads the CUDA libraries.
 */
const LIBRARIES = [
  'libonnxruntime_providers_shared.so',
  'libonnxruntime_providers_cuda.so',
] as const;

/**
 * Why onnxruntime cannot load its CUDA provider; `undefined` if the library itself loads.
 * onnxruntime's own error does not say what is missing.
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

/** The folder of onnxruntime-node's native libraries for this machine. */
function nativeFolder(): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  const binaries = path.join(path.dirname(entry), '..', 'bin');
  const [version = ''] = readdirSync(binaries);
  return path.join(binaries, version, process.platform, process.arch);
}

/** The loader's error for a shared library: it names the first missing dependency. */
function loadError(library: string): string | undefined {
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // The expected error: the library loads, but is not a Node module.
    return message.startsWith('Module did not self-register') ? undefined : message;
  }
  return undefined;
}
