/** The part of the global `WebAssembly` used here, which only the types of browsers declare. */
declare namespace WebAssembly {
  interface Memory {
    /** Replaced when the memory grows. */
    readonly buffer: ArrayBuffer;
    /** @throws RangeError if there is not enough memory */
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
