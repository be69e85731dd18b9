import { expect, it } from 'vitest';
import { evaluationThreads } from '../../src/sampling/evaluation-threads.js';

const MIB = 2 ** 20;

it('shares an evaluation among all threads from 4 MiB on', () => {
  const threads = [0, 1, 4 * MIB - 1, 4 * MIB, 32 * MIB].map((bytes) =>
    evaluationThreads(bytes, 8),
  );
  expect(threads).toEqual([1, 1, 1, 8, 8]);
});

it('has one thread where there is no other', () => {
  expect(evaluationThreads(32 * MIB, 1)).toBe(1);
});
