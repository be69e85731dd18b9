import { Buffer } from 'node:buffer';

/**
 * The one function of a WebAssembly module that works on memory of its caller.
 *
 * @param bytes - the module, base64
 * @param memory - imported as `host.memory`
 * @throws WebAssembly.CompileError where SIMD is missing
 */
export function wasmFunction(bytes: string, name: string, memory: WebAssembly.Memory): unknown {
  const module = new WebAssembly.Module(Buffer.from(bytes, 'base64'));
  const { exports } = new WebAssembly.Instance(module, { host: { memory } });
  return exports[name];
}
