import { expect, it } from 'vitest';
import { readConfiguration } from '../../server/configuration.js';
import { poolOptions } from '../../server/pool-options.js';

it('passes on what the pool can be told', () => {
  const flags = {
    modelsDir: 'flows',
    workers: '3',
    threads: '4',
    memoryBytes: '123456789',
    device: 'cuda',
    queueLimit: '5',
    batchWindowMs: '6',
    jobTimeoutMs: '700',
    drainMs: '8',
  };
  expect(poolOptions(readConfiguration(flags, {}))).toEqual({
    modelsDir: ['flows'],
    workers: 3,
    threads: 4,
    memoryBytes: 123_456_789,
    device: 'cuda',
    queueLimit: 5,
    batchWindowMs: 6,
    jobTimeoutMs: 700,
    drainMs: 8,
  });
});

it('leaves the threads to the pool unless told', () => {
  expect(poolOptions(readConfiguration({}, {}))).not.toHaveProperty('threads');
});
