import { InferenceSession } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import type { Provider } from '../../src/devices/device.js';
import { DETERMINISTIC } from '../../src/flow/stochasticity.js';
import { FlowSessions } from '../../src/sampling/flow-sessions.js';
import { openFlow } from '../../src/flows/flow-store.js';
import { writeToyFlow, type ToyFlow } from '../support/toy-flow.js';

let toy: ToyFlow;
beforeAll(async () => {
  toy = await writeToyFlow();
});
afterAll(() => toy.remove());

/** Different sessions that a small and a large batch get. */
async function sessionsOn(provider: Provider): Promise<number> {
  const device = { provider, requested: provider };
  const sessions = new FlowSessions({ device, threads: 2, memoryBytes: 2 ** 30 });
  const job = {
    architecture: architecture([2, 40, 40, 2]),
    solver: 'euler',
    stochasticity: DETERMINISTIC,
  } as const;
  const seen = new Set<InferenceSession>();
  for (const batch of [1, 64]) {
    await sessions.use(await openFlow(toy.folder), job, batch, ({ step }) => {
      seen.add(step);
      return Promise.resolve();
    });
  }
  await sessions.close();
  return seen.size;
}

it('shares out large batches on the CPU, which takes a session more', async () => {
  expect(await sessionsOn('cpu')).toBe(2);
});

it('keeps one session of a graph on a GPU', async () => {
  const create = InferenceSession.create.bind(InferenceSession);
  // The CPU stands in for it: this is about what is asked for.
  const asked = vi
    .spyOn(InferenceSession, 'create')
    .mockImplementation((model: unknown, options?: InferenceSession.SessionOptions) =>
      create(model as Uint8Array, { ...options, executionProviders: ['cpu'] }),
    );
  try {
    expect(await sessionsOn('cuda')).toBe(1);
    expect(asked.mock.calls.map(([, options]) => options?.executionProviders)).toEqual([['cuda']]);
  } finally {
    asked.mockRestore();
  }
});
