/** Union-find over 0, 1, 2, …; the smallest element of a set stands for it. */
export class DisjointSets {
  readonly #parents: number[] = [];

  /** A new set of one element, the next number. */
  add(): number {
    return this.#parents.push(this.#parents.length) - 1;
  }

  /** The element that stands for a set. */
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

  /** Makes two sets one. */
  join(a: number, b: number): void {
    const [first, second] = [this.find(a), this.find(b)];
    this.#parents[Math.max(first, second)] = Math.min(first, second);
  }
}
