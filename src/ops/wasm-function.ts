import { Buffer } from 'node:buffer';

/**
 * The function of a WebAssembly module that works on the caller's memory.
 *
 * @param bytes - the module, base64
 * @param memory - imported as `host.memory`
 * @throws WebAssembly.CompileError if SIMD is missing
 */
export function wasmFunction(bytes: string, name: string, memory: WebAssembly.Memory): unknown {
  const module = new WebAssembly.Module(Buffer.from(bytes, 'base64'));
  const { exports } = new WebAssembly.Instance(module, { host: { memory } });
  return exports[name];
}
