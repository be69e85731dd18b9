/** What a share is made of. */
interface Turn {
  readonly id: number;
  readonly client: string;
  /** Planned operations. */
  readonly operations: number;
}

/** A job, and what its client will have had before it. */
export interface Start<T extends Turn> {
  readonly job: T;
  readonly had: number;
}

/**
 * Shares workers between clients: whoever has had least comes next, by planned operations. A client
 * that comes begins with what the client served last had had, so that nobody saves up a share, and the
 * job of one that comes runs before the rest of 1,000 of another.
 *
 * @see Goyal, Vin & Cheng, "Start-time fair queueing", 1996
 */
export class FairShare {
  readonly #had = new Map<string, number>();
  /** What the client whose turn was last had had before it. */
  #level = 0;

  /** When the jobs begin, on the scale of what clients have had; each client's in the order given. */
  starts<T extends Turn>(waiting: readonly T[]): readonly Start<T>[] {
    const next = new Map<string, number>();
    return waiting.map((job) => {
      const had = next.get(job.client) ?? this.#hadBy(job.client);
      next.set(job.client, had + cost(job));
      return { job, had };
    });
  }

  /** Counts a batch, whose first job had its turn, and whose others run along. */
  serve(batch: readonly Turn[]): void {
    const [first] = batch;
    if (first === undefined) return;
    this.#level = this.#hadBy(first.client);
    for (const job of batch) this.#had.set(job.client, this.#hadBy(job.client) + cost(job));
  }

  /** Where nobody waits, nobody has had too much. */
  forget(): void {
    this.#had.clear();
    this.#level = 0;
  }

  #hadBy(client: string): number {
    return Math.max(this.#had.get(client) ?? 0, this.#level);
  }
}

/** Who comes first; of equals, who came first. */
export function compareStarts(a: Start<Turn>, b: Start<Turn>): number {
  return a.had - b.had || a.job.id - b.job.id;
}

function cost({ operations }: Turn): number {
  return Math.max(operations, 1);
}
