/** A file that a request produced. */
export interface Artefact {
  /** SHA-256 of `bytes`, hexadecimal. */
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly fileName: string;
  readonly mediaType: string;
  /** Whether its networks lie outside the hull of the flow's zoo. */
  readonly extrapolated: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ArtefactStoreOptions {
  /** Bytes of all files together. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** Milliseconds on a clock that never goes back; default `performance.now`. */
  readonly now?: () => number;
}

/** Keeps the files of the last requests in memory, bounded by age and total size. */
export class ArtefactStore {
  readonly #maxBytes: number;
  readonly #maxAgeMs: number;
  readonly #now: () => number;
  /** Oldest first. */
  readonly #kept = new Map<string, { readonly artefact: Artefact; readonly since: number }>();
  #bytes = 0;

  constructor({ maxBytes, maxAgeMs, now = () => performance.now() }: ArtefactStoreOptions) {
    this.#maxBytes = maxBytes;
    this.#maxAgeMs = maxAgeMs;
    this.#now = now;
  }

  /** Keeps a file as the newest; one that alone exceeds the store is not kept. */
  put(artefact: Artefact): void {
    this.#drop(artefact.id);
    if (artefact.bytes.byteLength > this.#maxBytes) return;
    // A copy: the bytes may be a view into a message that holds much more.
    const copy = { ...artefact, bytes: artefact.bytes.slice() };
    this.#kept.set(artefact.id, { artefact: copy, since: this.#now() });
    this.#bytes += copy.bytes.byteLength;
    this.#evict();
  }

  get(id: string): Artefact | undefined {
    this.#evict();
    return this.#kept.get(id)?.artefact;
  }

  #evict(): void {
    const oldestAllowed = this.#now() - this.#maxAgeMs;
    for (const [id, { since }] of this.#kept) {
      if (since >= oldestAllowed && this.#bytes <= this.#maxBytes) return;
      this.#drop(id);
    }
  }

  #drop(id: string): void {
    const kept = this.#kept.get(id);
    if (kept === undefined) return;
    this.#kept.delete(id);
    this.#bytes -= kept.artefact.bytes.byteLength;
  }
}
