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
  /** Who has it: several, if they made the same file. */
  readonly owners: Set<string>;
  readonly size: number;
  readonly since: number;
}

/**
 * Keeps recent files in memory, bounded by age and total size. A file is there for those who put it,
 * and for others as if it were not.
 */
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
  put(artefact: Artefact, owner = ''): void {
    const owners = this.#kept.get(artefact.id)?.owners ?? new Set();
    this.#drop(artefact.id);
    const size = sizeOf(artefact);
    if (size > this.#maxBytes) return;
    const kept = { ...artefact, bytes: detached(artefact.bytes) };
    const since = this.#now();
    this.#kept.set(artefact.id, { artefact: kept, owners: owners.add(owner), size, since });
    this.#bytes += size;
    this.#evict();
  }

  has(id: string, owner = ''): boolean {
    return this.#kept.get(id)?.owners.has(owner) === true;
  }

  get(id: string, owner = ''): Artefact | undefined {
    this.#evict();
    return this.has(id, owner) ? this.#kept.get(id)?.artefact : undefined;
  }

  /**
   * Deletes a file of an owner, which stays for others who have it.
   *
   * @returns whether the owner had it
   */
  delete(id: string, owner = ''): boolean {
    this.#evict();
    const owners = this.#kept.get(id)?.owners;
    if (owners?.delete(owner) !== true) return false;
    if (owners.size === 0) this.#drop(id);
    return true;
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
