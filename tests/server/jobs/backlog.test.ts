import { describe, expect, it } from 'vitest';
import { Backlog, type WaitingJob } from '../../../server/jobs/backlog.js';

const job = (id: string, client: string, priority = 0): WaitingJob => ({
  id,
  client,
  priority,
  deadlineAt: 1,
});

const takeAll = (backlog: Backlog, mostPerClient = 1_000): string[] => {
  const ids: string[] = [];
  for (let next = backlog.take(mostPerClient); next !== undefined;) {
    ids.push(next.id);
    next = backlog.take(mostPerClient);
  }
  return ids;
};

describe('the backlog', () => {
  it('lets a client with one job wait for one of each other client at most', () => {
    const backlog = new Backlog();
    for (let count = 0; count < 1_000; count++) backlog.add(job(`a${count}`, 'a', 10));
    for (let count = 0; count < 1_000; count++) backlog.add(job(`b${count}`, 'b'));
    backlog.take(1_000);
    backlog.add(job('c', 'c', -10));
    expect(takeAll(backlog).indexOf('c')).toBeLessThanOrEqual(2);
    expect(backlog).toMatchObject({ queued: 0, running: 2_001 });
  });

  it('passes over a client that has all that it may, and comes back to it', () => {
    const backlog = new Backlog();
    for (const id of ['a1', 'a2', 'a3']) backlog.add(job(id, 'a'));
    backlog.add(job('b1', 'b'));
    expect(takeAll(backlog, 1)).toEqual(['a1', 'b1']);
    backlog.remove(job('a1', 'a'));
    expect(takeAll(backlog, 1)).toEqual(['a2']);
    expect(backlog).toMatchObject({ queued: 1, running: 2 });
  });

  it('forgets what waits and what runs, and does not mind what it does not know', () => {
    const backlog = new Backlog();
    backlog.add(job('a1', 'a'));
    backlog.add(job('a2', 'a'));
    backlog.take(9);
    backlog.remove(job('a2', 'a'));
    backlog.remove(job('a2', 'a'));
    backlog.remove(job('x', 'nobody'));
    expect(backlog).toMatchObject({ queued: 0, running: 1 });
    backlog.remove(job('a1', 'a'));
    expect(backlog).toMatchObject({ queued: 0, running: 0 });
    expect(backlog.take(9)).toBeUndefined();
  });
});
