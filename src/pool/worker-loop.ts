import { WeightspringError } from '../errors.js';
import { packNetworks } from '../formats/archive.js';
import type { GeneratedNetwork } from '../formats/generated-network.js';
import type { NetworkSampler, SamplerOptions } from '../sampling/network-sampler.js';
import type { SampleJob } from '../sampling/sample-job.js';
import {
  toErrorRecord,
  type JobResult,
  type Packaging,
  type PoolMessage,
  type WorkerJob,
  type WorkerMessage,
} from './worker-protocol.js';

/** The worker's end of its channel to the pool. */
export interface PoolPort {
  send(message: WorkerMessage): void;
  onMessage(listener: (message: PoolMessage) => void): void;
  disconnect(): void;
}

/**
 * Answers the pool's messages with a sampler: all of a worker process except its channel.
 *
 * @param open - opens the sampler when the pool asks for it
 */
export function serveSampler(
  port: PoolPort,
  open: (options: SamplerOptions) => Promise<NetworkSampler>,
): void {
  let sampler: NetworkSampler | undefined;
  const running = new Map<number, AbortController>();

  const openSampler = async (options: SamplerOptions): Promise<void> => {
    try {
      sampler = await open(options);
      const { device } = sampler;
      port.send({ type: 'ready', flows: sampler.flows(), refused: sampler.refused(), device });
    } catch (error) {
      port.send({ type: 'open-failed', error: toErrorRecord(error) });
    }
  };

  const runBatch = async (batch: readonly WorkerJob[]): Promise<void> => {
    const waiting = new Map(batch.map((job) => [job.id, job]));
    const answer = (message: WorkerMessage & { id: number }): void => {
      waiting.delete(message.id);
      running.delete(message.id);
      port.send(message);
    };
    const fail = (id: number, error: unknown): void => {
      answer({ type: 'job-failed', id, error: toErrorRecord(error) });
    };
    try {
      if (sampler === undefined) throw new WeightspringError('internal', 'the sampler is not open');
      const jobs = batch.map(({ id, job }) => {
        const controller = new AbortController();
        running.set(id, controller);
        return { job, signal: controller.signal };
      });
      for await (const outcome of sampler.sampleTogether(jobs)) {
        const { id, job, packaging } = batch[outcome.position] as WorkerJob;
        try {
          if ('error' in outcome) throw outcome.error;
          answer({ type: 'result', id, result: pack(job, outcome.networks, packaging) });
        } catch (error) {
          fail(id, error);
        }
      }
    } catch (error) {
      for (const id of waiting.keys()) fail(id, error);
    }
  };

  const close = async (): Promise<void> => {
    for (const controller of running.values()) controller.abort();
    try {
      await sampler?.close();
    } finally {
      port.disconnect();
    }
  };

  port.onMessage((message) => {
    switch (message.type) {
      case 'open':
        void openSampler(message.options);
        break;
      case 'sample':
        void runBatch(message.batch);
        break;
      case 'cancel':
        running.get(message.id)?.abort();
        break;
      case 'close':
        void close();
        break;
    }
  });
}

function pack(
  job: SampleJob,
  networks: readonly GeneratedNetwork[],
  packaging: Packaging,
): JobResult {
  return packaging === 'archive' ? packNetworks(job, networks) : networks;
}
