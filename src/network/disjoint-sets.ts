/** Union-find over 0, 1, 2, …; the smallest element of a set represents it. */
export class DisjointSets {
  readonly #parents: number[] = [];

  /** Adds a set of one element, the next number. */
  add(): number {
    return this.#parents.push(this.#parents.length) - 1;
  }

  /** The representative of an element's set. */
  find(element: number): number {
    let at = element;
    for (;;) {
      const parent = this.#parents[at] as number;
      if (parent === at) return at;
      // Halving the path keeps trees flat.
      const grandparent = this.#parents[parent] as number;
      this.#parents[at] = grandparent;
      at = grandparent;
    }
  }

  /** Merges two sets. */
  join(a: number, b: number): void {
    const [first, second] = [this.find(a), this.find(b)];
    this.#parents[Math.max(first, second)] = Math.min(first, second);
  }
}
