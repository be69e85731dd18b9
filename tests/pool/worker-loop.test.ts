import { setImmediate as yieldToEvents } from 'node:timers/promises';
import { unzipSync } from 'fflate';
import { describe, expect, it, vi } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import type { Device } from '../../src/devices/device.js';
import { WeightspringError } from '../../src/errors.js';
import type { GeneratedNetwork, NetworkArchive } from '../../src/formats/generated-network.js';
import type { NetworkSampler } from '../../src/sampling/network-sampler.js';
import type { SampleJob } from '../../src/sampling/sample-job.js';
import { serveSampler } from '../../src/pool/worker-loop.js';
import type { PoolMessage, WorkerJob, WorkerMessage } from '../../src/pool/worker-protocol.js';
import { sampleJob } from '../support/sample-job.js';

const JOB = sampleJob({ architecture: architecture([2, 4, 2]), seed: 3, count: 2 });

const DEVICE: Device = { provider: 'cpu', requested: 'auto', fallbackReason: 'no GPU' };

const NETWORKS: readonly GeneratedNetwork[] = [0, 1].map((index) => ({
  index,
  bytes: Uint8Array.of(index),
  sha256: `digest ${index}`,
  metadata: {},
}));

type Sample = (job: SampleJob, signal?: AbortSignal) => Promise<readonly GeneratedNetwork[]>;

/** A worker in this process, whose sampler knows one job at a time: messages in, answers out. */
function worker(sample: Sample, open?: () => Promise<NetworkSampler>) {
  const answers: WorkerMessage[] = [];
  const close = vi.fn(() => Promise.resolve());
  const disconnect = vi.fn();
  let listener: ((message: PoolMessage) => void) | undefined;
  const sampler: NetworkSampler = {
    device: DEVICE,
    flows: () => [],
    refused: () => [],
    async *sampleTogether(batch) {
      for (const [position, { job, signal }] of batch.entries()) {
        try {
          yield { position, networks: await sample(job, signal) };
        } catch (error) {
          yield { position, error };
        }
      }
    },
    close,
  };
  serveSampler(
    {
      send: (message) => answers.push(message),
      onMessage: (listen) => (listener = listen),
      disconnect,
    },
    open ?? (() => Promise.resolve(sampler)),
  );
  const tell = async (message: PoolMessage): Promise<void> => {
    listener?.(message);
    await yieldToEvents();
  };
  return { answers, tell, close, disconnect };
}

const OPEN: PoolMessage = { type: 'open', options: { modelsDir: '.' } };
const REQUEST: WorkerJob = { id: 5, job: JOB, packaging: 'networks' };
const SAMPLE: PoolMessage = { type: 'sample', batch: [REQUEST] };

describe('serveSampler', () => {
  it('opens the sampler, runs a job and closes', async () => {
    const { answers, tell, close, disconnect } = worker(() => Promise.resolve(NETWORKS));
    await tell(OPEN);
    await tell(SAMPLE);
    expect(answers).toEqual([
      { type: 'ready', flows: [], refused: [], device: DEVICE },
      { type: 'result', id: 5, result: NETWORKS },
    ]);
    await tell({ type: 'close' });
    expect(close).toHaveBeenCalledTimes(1);
    expect(disconnect).toHaveBeenCalledTimes(1);
  });

  it('packs an archive that depends on the networks only', async () => {
    const { answers, tell } = worker(() => Promise.resolve(NETWORKS));
    await tell(OPEN);
    await tell({ type: 'sample', batch: [{ ...REQUEST, packaging: 'archive' }] });
    vi.useFakeTimers({ toFake: ['Date'], now: new Date(2035, 5, 5) });
    await tell({ type: 'sample', batch: [{ ...REQUEST, packaging: 'archive' }] });
    vi.useRealTimers();
    const [first, second] = answers.slice(1).map((answer) => {
      if (answer.type !== 'result') throw new Error(`expected a result, got ${answer.type}`);
      return answer.result as NetworkArchive;
    });
    expect(first).toEqual(second);
    const files = unzipSync(first?.bytes ?? new Uint8Array());
    expect(Object.keys(files)).toEqual([
      'manifest.json',
      'toy-2-4-2-seed3-0.onnx',
      'toy-2-4-2-seed3-1.onnx',
    ]);
    expect(files['toy-2-4-2-seed3-1.onnx']).toEqual(Uint8Array.of(1));
  });

  it('tells why the sampler did not open', async () => {
    const error = new WeightspringError('model-invalid', 'flow.onnx is truncated');
    const { answers, tell } = worker(
      () => Promise.resolve([]),
      () => Promise.reject(error),
    );
    await tell(OPEN);
    const record = { code: 'model-invalid', message: 'flow.onnx is truncated' };
    expect(answers).toEqual([{ type: 'open-failed', error: record }]);
  });

  it('tells what a job threw, under a code', async () => {
    const { answers, tell } = worker(() => Promise.reject(new TypeError('x is undefined')));
    await tell(OPEN);
    await tell(SAMPLE);
    expect(answers[1]).toEqual({
      type: 'job-failed',
      id: 5,
      error: { code: 'internal', message: 'x is undefined' },
    });
  });

  it('answers each job of a batch by itself', async () => {
    const { answers, tell } = worker((job) =>
      job.seed === 13 ? Promise.reject(new RangeError('unlucky')) : Promise.resolve(NETWORKS),
    );
    await tell(OPEN);
    const batch = [3, 13, 4].map((seed, id): WorkerJob => ({
      ...REQUEST,
      id,
      job: { ...JOB, seed },
    }));
    await tell({ type: 'sample', batch });
    expect(answers.slice(1)).toEqual([
      { type: 'result', id: 0, result: NETWORKS },
      { type: 'job-failed', id: 1, error: { code: 'internal', message: 'unlucky' } },
      { type: 'result', id: 2, result: NETWORKS },
    ]);
  });

  it('fails the jobs that a sampler leaves behind when it breaks', async () => {
    const broken: NetworkSampler = {
      device: DEVICE,
      flows: () => [],
      refused: () => [],
      async *sampleTogether() {
        yield { position: 1, networks: NETWORKS };
        await Promise.reject(new Error('broken'));
      },
      close: () => Promise.resolve(),
    };
    const { answers, tell } = worker(
      () => Promise.resolve([]),
      () => Promise.resolve(broken),
    );
    await tell(OPEN);
    await tell({ type: 'sample', batch: [REQUEST, { ...REQUEST, id: 6 }] });
    expect(answers.slice(1)).toEqual([
      { type: 'result', id: 6, result: NETWORKS },
      { type: 'job-failed', id: 5, error: { code: 'internal', message: 'broken' } },
    ]);
  });

  it('aborts the job that is cancelled, and no other', async () => {
    const signals: AbortSignal[] = [];
    const { tell } = worker((_job, signal) => {
      if (signal !== undefined) signals.push(signal);
      return new Promise(() => undefined);
    });
    await tell(OPEN);
    await tell(SAMPLE);
    await tell({ type: 'cancel', id: 4 });
    expect(signals[0]?.aborted).toBe(false);
    await tell({ type: 'cancel', id: 5 });
    expect(signals[0]?.aborted).toBe(true);
  });
});
