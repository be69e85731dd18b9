import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Device } from '../../src/devices/device.js';
import { WeightspringError } from '../../src/errors.js';
import { packNetworks } from '../../src/formats/archive.js';
import { fileCount } from '../../src/formats/check-ensemble.js';
import type { FlowChanges, RefusedFlow } from '../../src/flows/flow-catalogue.js';
import type { FlowSummary } from '../../src/flows/flow-summary.js';
import type { GeneratedNetwork, NetworkArchive } from '../../src/formats/generated-network.js';
import type { NetworkSource, PoolHealth } from '../../src/pool/network-source.js';
import type { SampleJob } from '../../src/sampling/sample-job.js';

/** What every network says of its novelty, as metadata. */
const CERTIFICATE = {
  noveltyDistance: '12.5',
  noveltyRatio: '0.98',
  noveltyNearestRun: '3',
  noveltyRuns: '50',
  noveltyMedianRatio: 'null',
  noveltyReason: 'null',
  weightsSha256: '0'.repeat(64),
};

export const FLOW: FlowSummary = {
  name: 'wdbc',
  description: 'Breast cancer diagnosis',
  task: 'wdbc',
  geometry: 'euclidean',
  velocity: 'neuron-transformer',
  parameters: 1_000_000,
  inputs: 30,
  outputs: 2,
  activations: ['relu', 'tanh'],
  featureNames: Array.from({ length: 30 }, (_, index) => `feature ${index}`),
  inputMean: Array.from({ length: 30 }, (_, index) => index / 2),
  inputScale: Array.from({ length: 30 }, (_, index) => index + 1),
  classNames: ['malignant', 'benign'],
  bounds: {
    hiddenLayers: { min: 1, max: 3 },
    width: { min: 2, max: 64 },
    totalWeights: { max: 9_000 },
    depths: [1, 2, 3].flatMap((hiddenLayers) =>
      (['relu', 'tanh'] as const).map((activation) => ({
        family: ['30', ...['h1', 'h2', 'h3'].slice(0, hiddenLayers), '2'].join('-'),
        hiddenLayers,
        activation,
        zoo: hiddenLayers === 2 && activation === 'relu' ? { min: 16, max: 16 } : null,
        width: { min: hiddenLayers === 2 && activation === 'relu' ? 3 : 2, max: 64 },
      })),
    ),
  },
  solver: 'euler',
  timeGrid: 'uniform',
  stochasticity: { strength: 0, from: 0, to: 1 },
  steps: { min: 1, default: 16, max: 256 },
  operations: {
    '30-h1-2': '1000*batch+30*batch*h1',
    '30-h1-h2-2': '100*batch*h1*h2',
    '30-h1-h2-h3-2': '100*batch*h1*h2*h3',
  },
  architectures: [{ layers: [30, 16, 16, 2], activation: 'relu', runs: 60, accuracy: 0.97 }],
  usualArchitecture: { layers: [30, 16, 16, 2], activation: 'relu' },
  figures: [
    {
      layers: [30, 2, 2, 2],
      activation: 'relu',
      solver: 'euler',
      steps: 16,
      samples: 64,
      accuracy: { mean: 0.9099, min: 0.3743 },
      crossEntropy: 0.3,
      trainedAccuracy: 0.98,
      judgement: {
        rows: 57,
        guessing: 0.63,
        trained: { runs: 20, accuracy: 0.98 },
        skill: 0.78,
        broken: 0.1,
      },
    },
  ],
  sha256: 'a'.repeat(64),
  configSha256: 'c'.repeat(64),
};

/** A source that answers at once with bytes that say what was asked. */
export class FakeSource implements NetworkSource {
  readonly jobs: SampleJob[] = [];
  readonly signals: (AbortSignal | undefined)[] = [];
  readonly clients: (string | undefined)[] = [];
  /** Thrown by the next jobs. */
  failure: Error | undefined;
  /** How long a job takes. */
  delayMs = 0;
  /** Bytes of each network beside those that say what was asked. */
  padding = 0;
  /** Jobs that ran at the same time, at most. */
  mostAtOnce = 0;
  #running = 0;
  readonly #withdrawal = new AbortController();
  readonly #accepted: Promise<unknown>[] = [];
  state: PoolHealth = { alive: 1, busy: 0, queued: 0, closing: false };

  where: Device = { provider: 'cpu', requested: 'auto', fallbackReason: 'no GPU' };

  flowList: readonly FlowSummary[] = [FLOW];
  refusedList: readonly RefusedFlow[] = [];
  /** What the next reload finds, or why it fails. */
  reloaded: FlowChanges | Error = { added: [], replaced: [], removed: [], refused: [] };

  flows(): readonly FlowSummary[] {
    return this.flowList;
  }

  refused(): readonly RefusedFlow[] {
    return this.refusedList;
  }

  reload(): Promise<FlowChanges> {
    const { reloaded } = this;
    return reloaded instanceof Error ? Promise.reject(reloaded) : Promise.resolve(reloaded);
  }

  device(): Device {
    return this.where;
  }

  sample(
    job: SampleJob,
    signal?: AbortSignal,
    client?: string,
  ): Promise<readonly GeneratedNetwork[]> {
    this.jobs.push(job);
    this.clients.push(client);
    this.signals.push(signal);
    const networks = this.#generate(job, signal);
    this.#accepted.push(networks);
    return networks;
  }

  async archive(job: SampleJob, signal?: AbortSignal, client?: string): Promise<NetworkArchive> {
    return packNetworks(job, await this.sample(job, signal, client));
  }

  health(): PoolHealth {
    return this.state;
  }

  /** Cancels the jobs that run, as the pool does when its time to drain is over. */
  withdrawAll(): void {
    this.#withdrawal.abort();
  }

  /** Waits for the jobs, as the pool does. */
  async close(): Promise<void> {
    this.state = { ...this.state, closing: true };
    await Promise.allSettled(this.#accepted);
  }

  async #generate(job: SampleJob, signal?: AbortSignal): Promise<readonly GeneratedNetwork[]> {
    if (this.failure !== undefined) throw this.failure;
    this.#running++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#running);
    try {
      const { signal: withdrawn } = this.#withdrawal;
      const stop = signal === undefined ? withdrawn : AbortSignal.any([signal, withdrawn]);
      await delay(this.delayMs, undefined, { signal: stop });
    } catch {
      throw new WeightspringError('cancelled', 'the caller withdrew the job');
    } finally {
      this.#running--;
    }
    return Array.from({ length: fileCount(job) }, (_, place) => {
      const index = job.firstIndex + place;
      const said = Buffer.from(JSON.stringify({ ...job, index }));
      const bytes = Buffer.concat([said, Buffer.alloc(this.padding)]);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return {
        index,
        bytes,
        sha256,
        metadata: {
          flow: job.flow,
          seed: String(job.seed),
          ...(job.ensemble === undefined ? CERTIFICATE : { ensemble: String(job.ensemble) }),
        },
      };
    });
  }
}
