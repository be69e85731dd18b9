import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { WeightspringError } from '../errors.js';
import type { TensorFlow } from '../ops/tfjs-ops.js';

/** The builds of TensorFlow.js that can train, fastest first. */
export const TFJS_BACKENDS = ['tfjs-node-gpu', 'tfjs-node', 'tfjs-wasm'] as const;
export type TfjsBackendName = (typeof TFJS_BACKENDS)[number];

/** TensorFlow.js, loaded and ready to compute. */
export interface TfjsBackend {
  readonly name: TfjsBackendName;
  readonly tf: TensorFlow;
}

export interface LoadTfjsOptions {
  /** Tried in this order; default {@link TFJS_BACKENDS}. */
  readonly backends?: readonly TfjsBackendName[];
  /** Imports a package by name; replaced in tests. */
  readonly importPackage?: (name: string) => Promise<unknown>;
  /** Receives one line that names the backend in use; default standard error. */
  readonly log?: (line: string) => void;
}

const NATIVE_PACKAGES = {
  'tfjs-node-gpu': '@tensorflow/tfjs-node-gpu',
  'tfjs-node': '@tensorflow/tfjs-node',
} as const;

const INSTALL_COMMAND = 'npm install @tensorflow/tfjs @tensorflow/tfjs-backend-wasm';

/**
 * Loads the fastest TensorFlow.js that is installed: CUDA, native CPU, else WebAssembly (SIMD,
 * one thread), and makes its backend ready. Nothing is fetched from a network.
 *
 * A build that is installed but does not load, for want of a CUDA library for instance, is
 * reported and passed over.
 *
 * @throws WeightspringError `provider-unavailable` with the command to install one
 */
export async function loadTfjs(options: LoadTfjsOptions = {}): Promise<TfjsBackend> {
  const {
    backends = TFJS_BACKENDS,
    importPackage = (name) => import(name) as Promise<unknown>,
    log = (line) => process.stderr.write(`${line}\n`),
  } = options;
  for (const name of backends) {
    try {
      const tf = await (name === 'tfjs-wasm'
        ? loadWasm(importPackage)
        : loadNative(NATIVE_PACKAGES[name], importPackage));
      log(`TensorFlow.js backend: ${name}`);
      return { name, tf };
    } catch (reason) {
      if (!isNotInstalled(reason)) log(`TensorFlow.js backend ${name} skipped: ${summary(reason)}`);
    }
  }
  throw new WeightspringError(
    'provider-unavailable',
    `training expects one of ${backends.join(', ')}, but none could be loaded: run \`${INSTALL_COMMAND}\``,
  );
}

type ImportPackage = (name: string) => Promise<unknown>;

async function loadNative(name: string, importPackage: ImportPackage): Promise<TensorFlow> {
  const tf = asTensorFlow(await importPackage(name), name);
  await tf.ready();
  return tf;
}

async function loadWasm(importPackage: ImportPackage): Promise<TensorFlow> {
  const tf = asTensorFlow(await importPackage('@tensorflow/tfjs'), '@tensorflow/tfjs');
  const wasmPackage = '@tensorflow/tfjs-backend-wasm';
  const wasm = defaultExport(await importPackage(wasmPackage));
  if (!hasFunctions(wasm, ['setWasmPaths'])) throw unexpectedModule(wasmPackage);
  // The .wasm files lie beside the entry point; without a path they would be sought on the web.
  const folder = dirname(createRequire(import.meta.url).resolve(wasmPackage));
  wasm.setWasmPaths(`${folder}${sep}`);
  if (!(await tf.setBackend('wasm'))) {
    throw new WeightspringError('provider-unavailable', 'the wasm backend did not initialise');
  }
  await tf.ready();
  return tf;
}

/** CommonJS packages arrive under `default`. */
function defaultExport(module: unknown): unknown {
  return typeof module === 'object' && module !== null && 'default' in module
    ? module.default
    : module;
}

function asTensorFlow(module: unknown, name: string): TensorFlow {
  const candidate = defaultExport(module);
  if (!isTensorFlow(candidate)) throw unexpectedModule(name);
  return candidate;
}

function isTensorFlow(module: unknown): module is TensorFlow {
  return hasFunctions(module, ['ready', 'setBackend', 'tidy', 'engine', 'registerKernel']);
}

function hasFunctions<Name extends string>(
  module: unknown,
  names: readonly Name[],
): module is Record<Name, (...values: readonly unknown[]) => unknown> {
  return (
    typeof module === 'object' &&
    module !== null &&
    names.every((name) => typeof (module as Record<string, unknown>)[name] === 'function')
  );
}

function unexpectedModule(name: string): WeightspringError {
  return new WeightspringError(
    'provider-unavailable',
    `${name} does not export what version 4 of TensorFlow.js does: reinstall it`,
  );
}

function isNotInstalled(reason: unknown): boolean {
  return reason instanceof Error && 'code' in reason && reason.code === 'ERR_MODULE_NOT_FOUND';
}

function summary(reason: unknown): string {
  const [line = ''] = (reason instanceof Error ? reason.message : String(reason)).split('\n');
  return line;
}
