import type { InferenceSession } from 'onnxruntime-node';

interface Entry {
  readonly session: Promise<InferenceSession>;
  users: number;
}

/**
 * LRU cache of inference sessions; a session in use is never released.
 */
export class SessionCache {
  /** In order of last use. */
  readonly #entries = new Map<string, Entry>();

  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.#entries.size;
  }

  /** Runs `use` with the session of `key`, created by `create` if missing. */
  async with<R>(
    key: string,
    create: () => Promise<InferenceSession>,
    use: (session: InferenceSession) => Promise<R>,
  ): Promise<R> {
    const entry = this.#entries.get(key) ?? { session: create(), users: 0 };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.users++;
    try {
      return await use(await entry.session);
    } catch (error) {
      await entry.session.catch(() => this.#entries.delete(key));
      throw error;
    } finally {
      entry.users--;
      await this.#shrink(this.capacity);
    }
  }

  /** Releases all sessions; none may be in use. */
  async clear(): Promise<void> {
    await this.#shrink(0);
  }

  async #shrink(size: number): Promise<void> {
    for (const [key, { session, users }] of [...this.#entries]) {
      if (this.#entries.size <= size) return;
      if (users > 0) continue;
      this.#entries.delete(key);
      await (await session).release();
    }
  }
}
