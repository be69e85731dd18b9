import type { InferenceSession } from 'onnxruntime-node';
import { hiddenWidths, type Architecture } from '../architecture/architecture.js';
import type { Device } from '../devices/device.js';
import { openDevice } from '../devices/open-device.js';
import { createSession } from '../devices/session.js';
import { WeightspringError } from '../errors.js';
import { encodeSafetensors } from '../files/safetensors.js';
import { lastStepSolver, type Solver } from '../flow/solvers/solver.js';
import { timesOf } from '../flow/solvers/time-grid.js';
import { noiseScale } from '../flow/stochasticity.js';
import { WeightSpace } from '../flow/weight-space.js';
import type { OnnxModel } from '../onnx/graph.js';
import { encodeModel } from '../onnx/serialize.js';
import { PACKAGE_NAME, VERSION } from '../package-info.js';
import { Random } from '../random.js';
import type { VelocityConfig } from '../velocity/create-velocity-network.js';
import { buildClassifier } from './classifier.js';
import type {
  FlowSummary,
  GeneratedNetwork,
  NetworkSampler,
  SampleJob,
  SamplerOptions,
} from './contracts.js';
import { coordinatesOf, type FlowConfig } from './flow-config.js';
import { perturbModel, stepModel } from './flow-graphs.js';
import { listFlows, readFlow, sha256, summarise, type StoredFlow } from './flow-store.js';
import { integrate, type IntegrationSessions } from './integrate.js';
import { checkJob } from './job-check.js';
import { encodeNpz } from './npz.js';
import { sequentialTensors } from './sequential-tensors.js';
import { SessionCache } from './session-cache.js';

/** One session per flow and depth; a session of a shipped flow takes some 20 MB. */
const MAX_SESSIONS = 6;
/**
 * Smallest batch of one evaluation: a lone network is drawn twice. With a batch axis of 1 the axis
 * behind it becomes the leading one, and onnxruntime sums over a leading axis in another order:
 * the last bits would tell whether a network was drawn alone.
 */
const MIN_TILE = 2;
/** Largest batch of one evaluation: more brings no speed. */
const MAX_TILE = 64;
/** Bound on the activations of one evaluation, in bytes: the batch is tiled to keep it. */
const TILE_BYTES = 64 * 2 ** 20;

/** Weights of one generated network, before they become a file. */
export interface SampledWeights {
  readonly index: number;
  /** Flat, as `tensorLayout` describes. */
  readonly weights: Float32Array;
}

/**
 * Samples networks from stored flows with onnxruntime.
 *
 * Network k of a seed has the same bytes on the CPU whatever is drawn beside it: its noise comes
 * from a stream of its own, and a network's arithmetic does not depend on the batch.
 */
export class Sampler implements NetworkSampler {
  readonly #sessions = new SessionCache(MAX_SESSIONS);

  private constructor(
    private readonly stored: ReadonlyMap<string, StoredFlow>,
    private readonly threads: number,
    readonly device: Device,
  ) {}

  /** @throws WeightspringError when a flow of the folder is damaged */
  static async open({ modelsDir, threads = 1, device = 'cpu' }: SamplerOptions): Promise<Sampler> {
    const flows = new Map<string, StoredFlow>();
    for (const folder of (await listFlows(modelsDir)).values()) {
      const flow = await readFlow(folder);
      flows.set(flow.config.name, flow);
    }
    return new Sampler(flows, threads, await openDevice(device));
  }

  flows(): readonly FlowSummary[] {
    return [...this.stored.values()].map(({ config, parameters }) =>
      summarise(
        config,
        [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0),
      ),
    );
  }

  /** @throws WeightspringError `not-found` for an unknown flow, and as {@link checkJob} */
  async sample(
    job: SampleJob,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<readonly GeneratedNetwork[]> {
    const { config } = this.#flow(job.flow);
    const drawn = await this.sampleWeights(job, options);
    return drawn.map(({ index, weights }) => {
      const metadata = {
        producer: PACKAGE_NAME,
        version: VERSION,
        flow: config.name,
        flowSha256: config.sha256,
        seed: String(job.seed),
        index: String(index),
        solver: job.solver,
        steps: String(job.steps),
        timeGrid: job.timeGrid,
        stochasticity: JSON.stringify(job.stochasticity),
        provider: this.device.provider,
        architecture: JSON.stringify(job.architecture),
        featureNames: JSON.stringify(config.featureNames),
        classNames: JSON.stringify(config.classNames),
      };
      const bytes = encodeNetwork(job, weights, config.standardisation, metadata);
      return { index, bytes, sha256: sha256(bytes), metadata };
    });
  }

  /** The weights of a job's networks; {@link sample} makes files of them. */
  async sampleWeights(
    job: Omit<SampleJob, 'format'>,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<readonly SampledWeights[]> {
    const flow = this.#flow(job.flow);
    const { config, parameters } = flow;
    checkJob(summarise(config, parameters.size), { ...job, format: 'onnx' });
    return this.#withSessions(flow, job, (sessions) =>
      this.#sampleTiles(sessions, config, job, signal),
    );
  }

  async close(): Promise<void> {
    await this.#sessions.clear();
  }

  async #sampleTiles(
    sessions: IntegrationSessions,
    config: FlowConfig,
    job: Omit<SampleJob, 'format'>,
    signal: AbortSignal | undefined,
  ): Promise<readonly SampledWeights[]> {
    const { architecture, seed, firstIndex, count, steps, timeGrid, stochasticity } = job;
    const space = new WeightSpace(architecture, coordinatesOf(config));
    const times = timesOf(timeGrid, steps);
    const tile = tileSize(config.velocity, architecture);
    const drawn: SampledWeights[] = [];
    for (let done = 0; done < count; done += tile) {
      const indices = Array.from(
        { length: Math.min(tile, count - done) },
        (_, k) => firstIndex + done + k,
      );
      const rows = indices.length < MIN_TILE ? [...indices, ...indices] : indices;
      const start = rows.map((index) => space.prior(new Random(seed, 'noise', index)));
      const diffusion = rows.map((index) => new Random(seed, 'diffusion', index));
      const end = await integrate(sessions, space.pack(start), {
        times,
        noiseScale: (t, dt) => noiseScale(stochasticity, t, dt),
        drawNoise: () => space.pack(diffusion.map((random) => random.normals(space.dimension))),
        signal,
      });
      const weights = space.decode(end);
      indices.forEach((index, k) => {
        drawn.push({ index, weights: weights[k] as Float32Array });
      });
    }
    return drawn;
  }

  /** Runs `use` with the sessions that a job needs. */
  #withSessions<R>(
    { config, parameters }: StoredFlow,
    { architecture, solver, stochasticity }: Omit<SampleJob, 'format'>,
    use: (sessions: IntegrationSessions) => Promise<R>,
  ): Promise<R> {
    const hidden = hiddenWidths(architecture).length;
    const withStep = <S>(kind: Solver, then: (step: InferenceSession) => Promise<S>): Promise<S> =>
      this.#withSession(
        `${config.sha256}/${hidden}/${kind}`,
        () => stepModel(config, kind, parameters, hidden),
        then,
      );
    return withStep(solver, (step) =>
      withStep(lastStepSolver(solver), (lastStep) =>
        stochasticity.strength === 0
          ? use({ step, lastStep, perturb: null })
          : this.#withSession(
              `${config.sha256}/${hidden}/perturb`,
              () => perturbModel(config, hidden),
              (perturb) => use({ step, lastStep, perturb }),
            ),
      ),
    );
  }

  #withSession<R>(
    key: string,
    model: () => OnnxModel,
    use: (session: InferenceSession) => Promise<R>,
  ): Promise<R> {
    const create = (): Promise<InferenceSession> =>
      createSession(encodeModel(model()), {
        provider: this.device.provider,
        threads: this.threads,
      });
    return this.#sessions.with(key, create, use);
  }

  #flow(name: string): StoredFlow {
    const flow = this.stored.get(name);
    if (flow === undefined) {
      throw new WeightspringError(
        'not-found',
        `expected one of the flows ${[...this.stored.keys()].join(', ') || '(none)'}, got '${name}'`,
        { field: 'flow' },
      );
    }
    return flow;
  }
}

/** How many networks one evaluation holds within {@link TILE_BYTES}. */
function tileSize(velocity: VelocityConfig, arch: Architecture): number {
  const hidden = hiddenWidths(arch);
  const tokens = hidden.reduce((sum, width) => sum + width, 1);
  const edges = hidden.reduce(
    (sum, width, l) => sum + (l > 0 ? width * (hidden[l - 1] ?? 0) : 0),
    0,
  );
  const perToken = velocity.width * (velocity.mlpRatio + 4) + velocity.heads * tokens;
  const perEdge = velocity.edgeWidth * 5;
  const floats = tokens * perToken + edges * perEdge;
  return Math.min(Math.max(Math.floor(TILE_BYTES / (4 * floats)), MIN_TILE), MAX_TILE);
}

function encodeNetwork(
  { architecture, format }: SampleJob,
  weights: Float32Array,
  standardisation: { readonly mean: readonly number[]; readonly scale: readonly number[] },
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  switch (format) {
    case 'onnx':
      return encodeModel(buildClassifier({ architecture, weights, standardisation, metadata }));
    case 'safetensors':
      return encodeSafetensors(sequentialTensors(architecture, weights), metadata);
    case 'npz':
      return encodeNpz(sequentialTensors(architecture, weights));
  }
}
