import { beforeEach, describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import type { SampleJob } from '../../src/sampling/sample-job.js';
import { JobQueue, type PendingJob } from '../../src/pool/job-queue.js';
import { sampleJob } from '../support/sample-job.js';

const JOB = sampleJob({ architecture: architecture([30, 16, 2]), steps: 4 });

describe('JobQueue.takeBatch', () => {
  let queue: JobQueue;
  let nextId: number;

  beforeEach(() => {
    queue = new JobQueue(100);
    nextId = 0;
  });

  function push(changes: Partial<SampleJob> = {}, operations = 0, client = ''): PendingJob {
    const nothing = (): void => undefined;
    return queue.push({
      id: nextId++,
      job: { ...JOB, ...changes },
      client,
      packaging: 'networks',
      operations,
      resolve: nothing,
      reject: nothing,
    });
  }

  const take = (workers = 1): readonly number[] => queue.takeBatch(workers).map(({ id }) => id);

  it('takes what can run with the first, and leaves the rest in order', () => {
    push();
    push({ steps: 5 });
    push({ seed: 9, firstIndex: 3, count: 2, format: 'npz', weightScale: 'balanced' });
    push({ architecture: architecture([30, 16, 2], 'tanh') });
    push({ stochasticity: { strength: 1, from: 0, to: 1 } });
    push({ steps: 5 });
    expect(take()).toEqual([0, 2]);
    expect(take()).toEqual([1, 5]);
    expect(take()).toEqual([3]);
    expect(take()).toEqual([4]);
    expect(take()).toEqual([]);
  });

  it('shares jobs among the workers that are free', () => {
    for (let k = 0; k < 8; k++) push();
    expect(take(3)).toEqual([0, 1, 2]);
    expect(take(2)).toEqual([3, 4, 5]);
    expect(take(1)).toEqual([6, 7]);
  });

  it('holds 64 networks at most, and a job of more by itself', () => {
    push({ count: 60 });
    push({ count: 5 });
    push({ count: 4 });
    push({ count: 100 });
    expect(take()).toEqual([0, 2]);
    expect(take()).toEqual([1]);
    expect(take()).toEqual([3]);
  });

  it('holds few networks where they are large', () => {
    // 101,770 weights: two make 203,540 of 262,144.
    const large = { architecture: architecture([784, 128, 10]) };
    for (let k = 0; k < 3; k++) push(large);
    expect(take()).toEqual([0, 1]);
    expect(take()).toEqual([2]);
  });

  it('holds no more operations than one time limit allows', () => {
    push({}, 60);
    push({}, 50);
    push({}, 40);
    push({}, 200);
    expect(take()).toEqual([0, 2]);
    expect(take()).toEqual([1]);
    expect(take()).toEqual([3]);
  });

  it('lets a job that has ended a process run by itself, in its old place', () => {
    for (let k = 0; k < 4; k++) push();
    const batch = queue.takeBatch(2);
    for (const pending of batch) {
      pending.crashes++;
      queue.putBack(pending);
    }
    expect(take()).toEqual([0]);
    expect(take()).toEqual([1]);
    expect(take()).toEqual([2, 3]);
  });

  describe('between clients', () => {
    /** Jobs that cannot run together, since they differ in steps. */
    const alone = (client: string, operations = 10): PendingJob =>
      push({ steps: 5 + nextId }, operations, client);
    const clients = (takes: number): string =>
      Array.from({ length: takes }, () => queue.takeBatch(1)[0]?.client ?? '').join('');

    it('runs the job of a client that comes before what is left of a thousand', () => {
      for (let k = 0; k < 1000; k++) alone('a');
      expect(clients(3)).toBe('aaa');
      alone('b');
      expect(clients(2)).toBe('ba');
      for (let k = 0; k < 3; k++) alone('c');
      expect(clients(6)).toBe('cacaca');
    });

    it('shares operations, not jobs', () => {
      for (let k = 0; k < 4; k++) alone('a', 30);
      for (let k = 0; k < 12; k++) alone('b', 10);
      expect(clients(12).replaceAll('b', '')).toBe('aaa');
    });

    it('gives nobody more for having waited, and forgets what nobody waits behind', () => {
      for (let k = 0; k < 20; k++) alone('a');
      expect(clients(10)).toBe('a'.repeat(10));
      for (let k = 0; k < 10; k++) alone('b');
      // b does not catch up on the ten that a has had.
      expect(clients(6)).toBe('bababa');
      while (queue.length > 0) queue.takeBatch(1);
      for (let k = 0; k < 2; k++) alone('b');
      for (let k = 0; k < 2; k++) alone('a');
      expect(clients(4)).toBe('baba');
    });

    it('fills batches by turns, so that each client has its part of one', () => {
      for (let k = 0; k < 100; k++) push({}, 1, 'a');
      for (const client of ['b', 'c', 'd']) push({}, 1, client);
      const batch = queue.takeBatch(1).map(({ client }) => client);
      expect(batch).toHaveLength(64);
      expect(new Set(batch)).toEqual(new Set(['a', 'b', 'c', 'd']));
    });

    it("does not hold a client's cancelled jobs against it", () => {
      const dropped = Array.from({ length: 50 }, () => alone('a'));
      alone('b');
      alone('b');
      for (const job of dropped) queue.remove(job);
      alone('a');
      expect(clients(3)).toBe('bab');
    });

    it('has least use for the latest job of whoever has most', () => {
      for (let k = 0; k < 3; k++) alone('a');
      const last = alone('a');
      alone('b');
      expect(queue.mostDispensable).toBe(last);
      for (let k = 0; k < 2; k++) alone('b');
      const latest = alone('b');
      expect(queue.mostDispensable).toBe(latest);
    });
  });
});
