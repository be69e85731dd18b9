import { expect, it } from 'vitest';
import { logPoolEvent } from '../../server/log-pool-event.js';
import type { PoolEvent } from '../../src/pool/worker-fleet.js';

const fallbackReason = 'no GPU';

it.each<[string, PoolEvent, readonly unknown[]]>([
  [
    'the device of a process',
    { event: 'worker-ready', pid: 7, device: { provider: 'cuda', requested: 'cuda' } },
    ['info', 'worker-ready', { pid: 7, device: 'cuda', deviceFallback: undefined }],
  ],
  [
    'what auto found',
    {
      event: 'worker-ready',
      pid: 7,
      device: { provider: 'cpu', requested: 'auto', fallbackReason },
    },
    ['info', 'worker-ready', { pid: 7, device: 'cpu', deviceFallback: fallbackReason }],
  ],
  [
    'a device that is not the one asked for, as a warning',
    {
      event: 'worker-ready',
      pid: 7,
      device: { provider: 'cpu', requested: 'cuda', fallbackReason },
    },
    ['warn', 'worker-ready', { pid: 7, device: 'cpu', deviceFallback: fallbackReason }],
  ],
  [
    'a process that could not open its flows, as an error',
    { event: 'worker-failed', pid: undefined, reason: 'it is broken' },
    ['error', 'worker-failed', { pid: undefined, reason: 'it is broken' }],
  ],
  [
    'what a process prints, up to a length',
    { event: 'worker-output', pid: 7, text: 'x'.repeat(5_000) },
    ['warn', 'worker-output', { pid: 7, text: 'x'.repeat(2_000) }],
  ],
  [
    'the end of a process',
    { event: 'worker-ended', pid: 7, reason: 'exit code 3' },
    ['info', 'worker-ended', { pid: 7, reason: 'exit code 3' }],
  ],
])('logs %s', (_, event, line) => {
  const logged: unknown[] = [];
  logPoolEvent((...fields) => logged.push(fields), event);
  expect(logged).toEqual([line]);
});
