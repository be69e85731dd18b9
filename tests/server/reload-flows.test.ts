import { expect, it } from 'vitest';
import { FlowSnapshot } from '../../src/flows/flow-snapshot.js';
import type { FlowCatalogue } from '../../src/flows/flow-catalogue.js';
import { reloadFlows } from '../../server/reload-flows.js';

const CATALOGUE: FlowCatalogue = { flows: [], refused: [{ name: 'bad', reason: 'it is bad' }] };

it.each([
  ['succeeds', () => Promise.resolve(CATALOGUE), ['flows-reloaded', 'flow-refused']],
  ['fails', () => Promise.reject(new Error('no folder')), ['reload-failed']],
])('logs once a turn that several callers share and that %s', async (_how, read, once) => {
  const snapshot = new FlowSnapshot(read);
  const logged: string[] = [];
  const source = { flows: () => [], reload: () => snapshot.reload() };
  const reload = reloadFlows(source, (_level, event) => logged.push(event));
  const outcomes = await Promise.allSettled([reload(), reload(), reload()]);
  expect(new Set(outcomes.map(({ status }) => status)).size).toBe(1);
  expect(logged).toEqual(once);
  await Promise.allSettled([reload(), reload()]);
  expect(logged).toEqual([...once, ...once]);
});
