/** As much of the global `WebAssembly` as is used here: only the types of browsers declare it. */
declare namespace WebAssembly {
  interface Memory {
    /** Another one once the memory has grown. */
    readonly buffer: ArrayBuffer;
    /** @throws RangeError where there is not as much */
    grow(pages: number): number;
  }
  const Memory: new (descriptor: { readonly initial: number }) => Memory;

  interface Module {
    readonly [Symbol.toStringTag]: 'WebAssembly.Module';
  }
  const Module: new (bytes: Uint8Array) => Module;

  interface Instance {
    readonly exports: Readonly<Record<string, unknown>>;
  }
  const Instance: new (
    module: Module,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => Instance;
}
