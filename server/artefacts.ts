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

/** Memory of an entry besides its bytes and metadata. */
const ENTRY_BYTES = 1_024;

export interface ArtefactStoreOptions {
  /** Memory of all files together, in bytes. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** A monotonic clock in milliseconds; default `performance.now`. */
  readonly now?: () => number;
}

interface Entry {
  readonly artefact: Artefact;
  readonly size: number;
  readonly since: number;
}

/** Keeps recent files in memory, bounded by age and total size. */
export class ArtefactStore {
  readonly #maxBytes: number;
  readonly #maxAgeMs: number;
  readonly #now: () => number;
  /** Oldest first. */
  readonly #kept = new Map<string, Entry>();
  #bytes = 0;

  constructor({ maxBytes, maxAgeMs, now = () => performance.now() }: ArtefactStoreOptions) {
    this.#maxBytes = maxBytes;
    this.#maxAgeMs = maxAgeMs;
    this.#now = now;
  }

  /** Memory of the files that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a file as the newest, unless it alone exceeds the store. */
  put(artefact: Artefact): void {
    this.#drop(artefact.id);
    const size = sizeOf(artefact);
    if (size > this.#maxBytes) return;
    const kept = { ...artefact, bytes: detached(artefact.bytes) };
    this.#kept.set(artefact.id, { artefact: kept, size, since: this.#now() });
    this.#bytes += size;
    this.#evict();
  }

  has(id: string): boolean {
    return this.#kept.has(id);
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
    this.#bytes -= kept.size;
  }
}

/** A string takes up to two bytes per character. */
function sizeOf({ bytes, metadata }: Artefact): number {
  const characters = Object.entries(metadata).reduce(
    (sum, [key, value]) => sum + key.length + value.length,
    0,
  );
  return bytes.byteLength + 2 * characters + ENTRY_BYTES;
}

/**
 * A copy: what a worker sends is a view into its message, which may hold the files of many networks
 * and would stay in memory.
 */
export function detached(bytes: Uint8Array): Uint8Array {
  // Not slice(), which for a Buffer gives another view.
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}
