import type { Job } from './job.js';

/** What the order of jobs depends on. */
export type WaitingJob = Pick<Job, 'id' | 'client' | 'priority' | 'deadlineAt'>;

/** The unfinished jobs of a store, in memory: which waits, which runs, and which comes next. */
export class Backlog {
  /** By client, each in the order in which they run; the client served least recently comes first. */
  readonly #waiting = new Map<string, WaitingJob[]>();
  readonly #running = new Map<string, WaitingJob>();
  #queued = 0;

  get queued(): number {
    return this.#queued;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Lets a job wait in its place. */
  add(job: WaitingJob): void {
    const { id, client, priority, deadlineAt } = job;
    const known = this.#waiting.get(client);
    const jobs = known ?? [];
    const behind = jobs.findIndex((other) => isBefore(job, other));
    jobs.splice(behind < 0 ? jobs.length : behind, 0, { id, client, priority, deadlineAt });
    if (known === undefined) this.#waiting.set(client, jobs);
    this.#queued++;
  }

  /**
   * Takes the job that runs next.
   *
   * @param mostPerClient - running jobs that a client may have
   */
  take(mostPerClient: number): WaitingJob | undefined {
    const running = this.#runningByClient();
    for (const [client, jobs] of this.#waiting) {
      if ((running.get(client) ?? 0) >= mostPerClient) continue;
      const job = jobs.shift();
      // The client goes to the end of the line.
      this.#waiting.delete(client);
      if (jobs.length > 0) this.#waiting.set(client, jobs);
      if (job === undefined) continue;
      this.#queued--;
      this.#running.set(job.id, job);
      return job;
    }
    return undefined;
  }

  /** Forgets a job, waiting or running. */
  remove({ id, client }: Pick<WaitingJob, 'id' | 'client'>): void {
    if (this.#running.delete(id)) return;
    const jobs = this.#waiting.get(client) ?? [];
    const place = jobs.findIndex((job) => job.id === id);
    if (place < 0) return;
    jobs.splice(place, 1);
    this.#queued--;
    if (jobs.length === 0) this.#waiting.delete(client);
  }

  /** Ids of the jobs whose deadline is before `now`. */
  overdue(now: number): readonly string[] {
    const all = [...[...this.#waiting.values()].flat(), ...this.#running.values()];
    return all.filter(({ deadlineAt }) => deadlineAt < now).map(({ id }) => id);
  }

  #runningByClient(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { client } of this.#running.values()) {
      counts.set(client, (counts.get(client) ?? 0) + 1);
    }
    return counts;
  }
}

function isBefore(one: WaitingJob, other: WaitingJob): boolean {
  return one.priority === other.priority ? one.id < other.id : one.priority > other.priority;
}
