const PAGE_BYTES = 65_536;
/** Limit of a kernel's memory, which never shrinks, in numbers: 64 MiB. */
const MAX_NUMBERS = 2 ** 23;

/** The memory of a kernel in WebAssembly, in float64 numbers. */
export class KernelMemory {
  readonly memory = new WebAssembly.Memory({ initial: 1 });
  #numbers = new Float64Array(this.memory.buffer);

  /** Everything that it holds; another array once it has grown. */
  get numbers(): Float64Array {
    return this.#numbers;
  }

  /** Grows to this many numbers if needed; false beyond the limit. */
  hold(count: number): boolean {
    const missing = count - this.#numbers.length;
    if (missing <= 0) return true;
    if (count > MAX_NUMBERS) return false;
    try {
      this.memory.grow(Math.ceil(bytes(missing) / PAGE_BYTES));
    } catch {
      return false;
    }
    this.#numbers = new Float64Array(this.memory.buffer);
    return true;
  }
}

/** Columns of a panel, and rows or places that a kernel computes at once. */
export const TILE = 4;

/** W `[fanIn, fanOut]` in panels of four columns, `[⌈fanOut / 4⌉, fanIn, 4]`, at the start of `panels`. */
export function pack(weight: Float64Array, fanOut: number, panels: Float64Array): void {
  const fanIn = weight.length / fanOut;
  for (let column = 0; column < fanOut; column++) {
    const within = column % TILE;
    let to = (column - within) * fanIn + within;
    for (let from = column; from < weight.length; from += fanOut, to += TILE) {
      panels[to] = weight[from] as number;
    }
  }
}

export function wholeTiles(count: number): number {
  return Math.ceil(count / TILE) * TILE;
}

export function bytes(numbers: number): number {
  return numbers * Float64Array.BYTES_PER_ELEMENT;
}
