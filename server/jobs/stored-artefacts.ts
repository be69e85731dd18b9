import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database, RootDatabase } from 'lmdb';
import { readBytesIfPresent, removeDrafts, writeFileAtomic } from '../../src/index.js';
import type { Artefact } from '../artefacts.js';
import { Serial } from './serial.js';

export interface StoredArtefactsOptions {
  /** Where the index is kept; belongs to another store. */
  readonly root: RootDatabase;
  /** Holds the files, and nothing else. */
  readonly folder: string;
  /** Disk space of all files together, with what the index says of them. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** Hears of a file that is not what its name says. Default: nobody. */
  readonly onDamaged?: (id: string) => void;
  /** Milliseconds since 1970; default: the system's clock. */
  readonly now?: () => number;
}

interface Entry extends Omit<Artefact, 'bytes' | 'id'> {
  /** Who has it: several, if they made the same file. */
  readonly owners: readonly string[];
  /** Disk space that it takes. */
  readonly size: number;
  /** When it was last made, in milliseconds since 1970. */
  readonly since: number;
}

/** Files put or removed in one step. */
const MOST_AT_ONCE = 64;

/**
 * Files on disk, each named by the SHA-256 of its bytes, bounded by age and by the space that they
 * take. A file is there for those who put it, and for others as if it were not.
 *
 * A file is written whole and synced before the index names it, so that whatever is found is
 * complete; one that the index does not name is removed when the store opens.
 */
export class StoredArtefacts {
  readonly #options: StoredArtefactsOptions;
  readonly #now: () => number;
  readonly #root: RootDatabase;
  readonly #entries: Database<Entry, string>;
  /** Sizes by age. */
  readonly #ages: Database<number, [number, string]>;
  /** Keeps files from being removed between their check and their entry. */
  readonly #serial = new Serial();
  #bytes = 0;

  private constructor(options: StoredArtefactsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#root = options.root;
    this.#entries = this.#root.openDB('artefacts', { encoding: 'json' });
    this.#ages = this.#root.openDB('artefact-ages', { encoding: 'json' });
  }

  static async open(options: StoredArtefactsOptions): Promise<StoredArtefacts> {
    const store = new StoredArtefacts(options);
    for (const { value } of store.#ages.getRange()) store.#bytes += value;
    await store.#removeStrays();
    return store;
  }

  /** Disk space of what is kept. */
  get bytes(): number {
    return this.#bytes;
  }

  has(id: string, owner = ''): boolean {
    return this.#entryOf(id, owner) !== undefined;
  }

  /** About the length of a file, in bytes; undefined if it is not kept. */
  sizeOf(id: string, owner = ''): number | undefined {
    return this.#entryOf(id, owner)?.size;
  }

  /** The file of an id; undefined if it is not kept, or no longer what it was. */
  async get(id: string, owner = ''): Promise<Artefact | undefined> {
    const entry = this.#entryOf(id, owner);
    if (entry === undefined || this.#isPast(entry.since)) return undefined;
    const bytes = await readBytesIfPresent(this.#pathOf(id));
    if (bytes === null || digest(bytes) !== id) {
      if (this.has(id, owner)) this.#options.onDamaged?.(id);
      await this.#serial.run(() => this.#drop([id]));
      return undefined;
    }
    const { fileName, mediaType, extrapolated, metadata } = entry;
    return { id, bytes, fileName, mediaType, extrapolated, metadata };
  }

  /** Keeps files as the newest; resolves once they are on the disk. */
  async put(artefacts: readonly Artefact[], owner = ''): Promise<void> {
    for (let start = 0; start < artefacts.length; start += MOST_AT_ONCE) {
      const part = artefacts.slice(start, start + MOST_AT_ONCE);
      await this.#serial.run(() => this.#put(part, owner));
    }
    await this.evict();
  }

  /**
   * Deletes a file of an owner, which stays for others who have it.
   *
   * @returns whether the owner had it
   */
  delete(id: string, owner = ''): Promise<boolean> {
    return this.#serial.run(async () => {
      const entry = this.#entryOf(id, owner);
      if (entry === undefined) return false;
      const owners = entry.owners.filter((other) => other !== owner);
      if (owners.length === 0) await this.#drop([id]);
      else await this.#entries.put(id, { ...entry, owners });
      return true;
    });
  }

  /** Removes what is too old, and the oldest beyond the space. */
  evict(): Promise<void> {
    return this.#serial.run(async () => {
      for (;;) {
        const past = this.#surplus();
        if (past.length === 0) return;
        await this.#drop(past);
      }
    });
  }

  async #put(artefacts: readonly Artefact[], owner: string): Promise<void> {
    const sizes = await Promise.all(artefacts.map((artefact) => this.#write(artefact)));
    const since = this.#now();
    const grown = await this.#root.transaction(() => {
      let more = 0;
      artefacts.forEach(({ id, fileName, mediaType, extrapolated, metadata }, place) => {
        const known = this.#entries.get(id);
        if (known !== undefined) void this.#ages.remove([known.since, id]);
        const described = { fileName, mediaType, extrapolated, metadata };
        const size = (sizes[place] ?? 0) + JSON.stringify(described).length;
        const owners = [...new Set([...(known?.owners ?? []), owner])];
        void this.#entries.put(id, { ...described, owners, size, since });
        void this.#ages.put([since, id], size);
        more += size - (known?.size ?? 0);
      });
      return more;
    });
    this.#bytes += grown;
  }

  /** What is known of a file, for one who has it. */
  #entryOf(id: string, owner: string): Entry | undefined {
    const entry = isDigest(id) ? this.#entries.get(id) : undefined;
    return entry?.owners.includes(owner) === true ? entry : undefined;
  }

  /** @returns the disk space of the file */
  async #write({ id, bytes }: Artefact): Promise<number> {
    const path = this.#pathOf(id);
    const present = await readBytesIfPresent(path);
    if (present === null || digest(present) !== id) await writeFileAtomic(path, bytes);
    const { size, blocks } = await stat(path);
    // Where the file system tells no blocks, as on Windows, the length stands for them.
    return blocks > 0 ? blocks * BLOCK_BYTES : size;
  }

  /** The ids of some files that are to go, oldest first. */
  #surplus(): readonly string[] {
    let surplus = this.#bytes - this.#options.maxBytes;
    const past: string[] = [];
    for (const { key, value } of this.#ages.getRange({ limit: MOST_AT_ONCE })) {
      const [since, id] = key;
      if (surplus <= 0 && !this.#isPast(since)) break;
      past.push(id);
      surplus -= value;
    }
    return past;
  }

  #isPast(since: number): boolean {
    return since < this.#now() - this.#options.maxAgeMs;
  }

  async #drop(ids: readonly string[]): Promise<void> {
    const shrunk = await this.#root.transaction(() => {
      let less = 0;
      for (const id of ids) {
        const entry = this.#entries.get(id);
        if (entry === undefined) continue;
        void this.#entries.remove(id);
        void this.#ages.remove([entry.since, id]);
        less += entry.size;
      }
      return less;
    });
    this.#bytes -= shrunk;
    await Promise.all(ids.map((id) => rm(this.#pathOf(id), { force: true })));
  }

  /** Removes the files that the index does not name: a crash came between the two. */
  async #removeStrays(): Promise<void> {
    const { folder } = this.#options;
    const parts = await readdir(folder).catch(() => []);
    for (const part of parts.filter((name) => /^[\da-f]{2}$/.test(name))) {
      await removeDrafts(join(folder, part));
      const names = await readdir(join(folder, part));
      const strays = names.filter((name) => isDigest(name) && !this.#entries.doesExist(name));
      await Promise.all(strays.map((name) => rm(join(folder, part, name), { force: true })));
    }
  }

  #pathOf(id: string): string {
    return join(this.#options.folder, id.slice(0, 2), id);
  }
}

/** The unit of `blocks` in `stat`, whatever the file system's own. */
const BLOCK_BYTES = 512;

/** Nothing else may become a path, or the key of an entry. */
function isDigest(id: string): boolean {
  return /^[\da-f]{64}$/.test(id);
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
