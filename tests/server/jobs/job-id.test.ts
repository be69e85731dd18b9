import { expect, it } from 'vitest';
import { jobIds } from '../../../server/jobs/job-id.js';

it('makes greater and greater UUIDs, also where the clock stands still or is set back', () => {
  let now = 1_700_000_000_000;
  const next = jobIds(() => now);
  const ids = Array.from({ length: 10_000 }, () => next());
  now -= 3_600_000;
  ids.push(next());
  now += 7_200_000;
  ids.push(next());
  for (const id of ids) {
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  }
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  expect(Number.parseInt(ids.at(-1)!.replace('-', '').slice(0, 12), 16)).toBe(now);
});
