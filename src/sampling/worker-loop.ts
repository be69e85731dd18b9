import { WeightspringError } from '../errors.js';
import { packNetworks } from './archive.js';
import type { NetworkSampler, SamplerOptions } from './contracts.js';
import {
  toErrorRecord,
  type JobResult,
  type PoolMessage,
  type WorkerMessage,
} from './worker-protocol.js';

/** The worker's end of its channel to the pool. */
export interface PoolPort {
  send(message: WorkerMessage): void;
  onMessage(listener: (message: PoolMessage) => void): void;
  disconnect(): void;
}

/**
 * Answers the pool's messages with a sampler: the whole of a worker process but for its channel.
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
      port.send({ type: 'ready', flows: sampler.flows(), device: sampler.device });
    } catch (error) {
      port.send({ type: 'open-failed', error: toErrorRecord(error) });
    }
  };

  const runJob = async (message: PoolMessage & { type: 'sample' }): Promise<JobResult> => {
    if (sampler === undefined) throw new WeightspringError('internal', 'the sampler is not open');
    const controller = new AbortController();
    running.set(message.id, controller);
    try {
      const networks = await sampler.sample(message.job, { signal: controller.signal });
      return message.packaging === 'archive' ? packNetworks(message.job, networks) : networks;
    } finally {
      running.delete(message.id);
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
      case 'sample': {
        const { id } = message;
        runJob(message).then(
          (result) => {
            port.send({ type: 'result', id, result });
          },
          (error: unknown) => {
            port.send({ type: 'job-failed', id, error: toErrorRecord(error) });
          },
        );
        break;
      }
      case 'cancel':
        running.get(message.id)?.abort();
        break;
      case 'close':
        void close();
        break;
    }
  });
}
