import { canonicalArchitecture } from '../network/architecture.js';
import { availableParallelism } from 'node:os';
import type { Device } from '../devices/device.js';
import { openDevice } from '../devices/open-device.js';
import { ensure } from '../errors.js';
import { timesOf } from '../flow/solvers/time-grid.js';
import { noiseScale } from '../flow/stochasticity.js';
import { WeightSpace } from '../flow/weight-space.js';
import { Random } from '../random.js';
import { batchKey } from './batch-key.js';
import {
  DEFAULT_MEMORY_BYTES,
  type BatchedJob,
  type BatchOutcome,
  type NetworkSampler,
  type SamplerOptions,
} from './network-sampler.js';
import type { DrawJob, SampledWeights, SampleJob } from './sample-job.js';
import type { FlowSummary } from '../flows/flow-summary.js';
import type { GeneratedNetwork } from '../formats/generated-network.js';
import type { RefusedFlow } from '../flows/flow-catalogue.js';
import { drawTogether, type BatchMember, type Draw, type Drawn } from './draw-together.js';
import { checkEnsemble } from '../formats/check-ensemble.js';
import { encodeDrawn } from './encode-drawn.js';
import { assertDrawn } from '../flows/flow-families.js';
import { FlowSessions } from './flow-sessions.js';
import { FlowShelf } from '../flows/flow-shelf.js';
import type { OpenedFlow } from '../flows/flow-store.js';
import { checkInputScaling } from '../formats/input-scaling.js';
import { GuideBatches } from './guide-batches.js';
import { integrate, type IntegrationSessions } from './integrate.js';
import { checkDrawable, checkJob, type ServedJob } from './job-check.js';
import { activeGuide } from '../flows/guide.js';
import { completeSampling } from '../flows/sampling-options.js';

/**
 * Samples networks from stored flows with onnxruntime.
 *
 * Network k of a seed has the same bytes on the CPU in every batch: its noise comes from a stream of
 * its own, and a network's arithmetic does not depend on the batch.
 */
export class Sampler implements NetworkSampler {
  private constructor(
    private readonly shelf: FlowShelf,
    private readonly sessions: FlowSessions,
  ) {}

  /**
   * Opens the flows of a folder; those that cannot be served are {@link refused}.
   *
   * @throws WeightspringError `not-found` for a folder that cannot be read
   */
  static async open({
    modelsDir,
    threads = availableParallelism(),
    device = 'cpu',
    memoryBytes = DEFAULT_MEMORY_BYTES,
    warm = false,
  }: SamplerOptions): Promise<Sampler> {
    const shelf = await FlowShelf.open(modelsDir);
    const sessions = new FlowSessions({
      device: await openDevice(device),
      threads,
      memoryBytes,
    });
    const sampler = new Sampler(shelf, sessions);
    if (warm) await sampler.#warm();
    return sampler;
  }

  get device(): Device {
    return this.sessions.device;
  }

  flows(): readonly FlowSummary[] {
    return this.shelf.summaries;
  }

  /** @throws WeightspringError `not-found`, with the reason if the flow is refused */
  flow(name: string): FlowSummary {
    return this.shelf.get(name).summary;
  }

  refused(): readonly RefusedFlow[] {
    return this.shelf.refused;
  }

  /**
   * The networks of a job as files, or the one file of their ensemble.
   *
   * @throws WeightspringError `not-found` for an unknown flow, and as {@link checkJob}
   */
  async sample(asked: SampleJob, signal?: AbortSignal): Promise<readonly GeneratedNetwork[]> {
    const job = { ...asked, architecture: canonicalArchitecture(asked.architecture) };
    const flow = await this.shelf.find(job);
    const served = this.#checkServed(flow, job);
    return this.#encode(flow, job, served, await this.#drawAlone(flow, job, { signal }));
  }

  /**
   * Refuses, before any work, a job whose networks the flow cannot draw.
   *
   * @throws WeightspringError `not-found` for an unknown flow, and as {@link checkDrawable}
   */
  async assertDrawable(job: DrawJob): Promise<void> {
    const { summary, config } = await this.shelf.find(job);
    checkDrawable(summary, job, config);
  }

  /**
   * The weights of a job's networks; {@link sample} makes files of them. Works also where
   * the flow was measured to fail, since that is how it is measured.
   *
   * @throws WeightspringError `not-found` for an unknown flow, `too-large` for a network that does
   *   not fit into memory, and as {@link checkDrawable}
   */
  async sampleWeights(
    job: DrawJob,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<readonly SampledWeights[]> {
    const flow = await this.shelf.find(job);
    checkDrawable(flow.summary, job, flow.config);
    this.#checkFits(flow, job);
    return this.#drawAlone(flow, job, options);
  }

  async *sampleTogether(batch: readonly BatchedJob[]): AsyncGenerator<BatchOutcome, void> {
    const [first] = batch;
    if (first === undefined) return;
    const key = batchKey(first.job);
    ensure(
      batch.every(({ job }) => batchKey(job) === key),
      'internal',
      () => 'expected jobs that differ in seed, networks and files only',
    );
    let flow: OpenedFlow;
    try {
      // Once: a batch uses one version of the flow from start to end.
      flow = await this.shelf.find(first.job);
    } catch (error) {
      for (const position of batch.keys()) yield { position, error };
      return;
    }
    const members: SoundJob[] = [];
    for (const [position, { job, signal }] of batch.entries()) {
      try {
        members.push({ position, job, signal, served: this.#checkServed(flow, job) });
      } catch (error) {
        yield { position, error };
      }
    }
    if (members.length === 0) return;
    const draws = this.#draw(
      flow,
      first.job,
      members.map(({ job, signal }) => ({ ...job, signal })),
    );
    for await (const drawn of draws) {
      yield this.#outcome(flow, members[drawn.member] as SoundJob, drawn);
    }
  }

  async close(): Promise<void> {
    await this.sessions.close();
  }

  /** The only check per job that its flow serves it. @throws WeightspringError as {@link sample} */
  #checkServed(flow: OpenedFlow, job: SampleJob): ServedJob {
    checkInputScaling(job);
    checkEnsemble(job);
    const served = checkJob(flow.summary, job);
    this.#checkFits(flow, job);
    return served;
  }

  /** @throws WeightspringError `too-large` for a network that needs more memory */
  #checkFits(flow: OpenedFlow, job: DrawJob): void {
    assertDrawn(flow.config, job.architecture);
    this.sessions.tile(flow, job);
  }

  /**
   * Draws a network of the usual architecture from each flow until the session cache is full. Large
   * networks are left to requests for them, and errors are ignored.
   */
  async #warm(): Promise<void> {
    for (const job of this.flows().flatMap(commonestJob)) {
      if (this.sessions.isFull) return;
      await this.#warmUp(job).catch(() => undefined);
    }
  }

  async #warmUp(job: DrawJob): Promise<void> {
    const flow = await this.shelf.find(job);
    if (this.sessions.tile(flow, job) > 1) await this.sampleWeights(job);
  }

  async #drawAlone(
    flow: OpenedFlow,
    job: DrawJob,
    options: { readonly signal?: AbortSignal | undefined },
  ): Promise<readonly SampledWeights[]> {
    for await (const drawn of this.#draw(flow, job, [{ ...job, ...options }])) {
      if ('error' in drawn) throw drawn.error;
      return numbered(job, drawn.weights);
    }
    return [];
  }

  /** Draws networks for several jobs that share the settings of `job`. */
  #draw(
    flow: OpenedFlow,
    job: DrawJob,
    members: readonly BatchMember[],
  ): AsyncGenerator<Drawn, void> {
    const space = new WeightSpace(job.architecture, flow.coordinates);
    const tile = this.sessions.tile(flow, job);
    const count = members.reduce((sum, member) => sum + member.count, 0);
    // The same for all tiles: a smaller last one would open its own sessions, with parameters that
    // may have been replaced on disk meanwhile.
    const batch = Math.min(count, tile);
    const active = activeGuide(job);
    const guide = active && new GuideBatches(active, flow, space);
    return drawTogether(members, tile, (draws, isCancelled) =>
      this.sessions.use(flow, job, batch, (sessions) =>
        drawTile(sessions, { space, job, guide }, draws, isCancelled),
      ),
    );
  }

  #outcome(flow: OpenedFlow, { position, job, served }: SoundJob, drawn: Drawn): BatchOutcome {
    try {
      if ('error' in drawn) return { position, error: drawn.error };
      const networks = this.#encode(flow, job, served, numbered(job, drawn.weights));
      return { position, networks };
    } catch (error) {
      return { position, error };
    }
  }

  #encode(
    flow: OpenedFlow,
    job: SampleJob,
    { extrapolated }: ServedJob,
    drawn: readonly SampledWeights[],
  ): readonly GeneratedNetwork[] {
    return encodeDrawn({ flow, job, extrapolated, provider: this.device.provider }, drawn);
  }
}

/** A job of a batch that its flow serves. */
interface SoundJob extends BatchedJob {
  readonly position: number;
  readonly served: ServedJob;
}

/** A network of the flow's usual architecture; none without a zoo. */
function commonestJob(flow: FlowSummary): readonly DrawJob[] {
  const { name, usualArchitecture: architecture } = flow;
  if (architecture === null) return [];
  // The last step may use another solver than the steps before it.
  const sampling = completeSampling(flow, { steps: Math.min(2, flow.steps.max) });
  return [{ flow: name, architecture, seed: 0, firstIndex: 0, count: 1, ...sampling }];
}

/** What all tiles of a job have in common. */
interface TilePlan {
  readonly space: WeightSpace;
  readonly job: DrawJob;
  readonly guide: GuideBatches | undefined;
}

/** Integrates one tile. Each network's noise comes from streams of its own. */
async function drawTile(
  sessions: IntegrationSessions,
  { space, job: { steps, timeGrid, stochasticity }, guide }: TilePlan,
  draws: readonly Draw[],
  isCancelled: () => boolean,
): Promise<readonly Float32Array[]> {
  const start = draws.map(({ seed, index }) => space.prior(new Random(seed, 'noise', index)));
  const diffusion = draws.map(({ seed, index }) => new Random(seed, 'diffusion', index));
  const end = await integrate(sessions, space.pack(start), {
    names: space.layout.tensors.map(({ name }) => name),
    times: timesOf(timeGrid, steps),
    noiseScale: (t, dt) => noiseScale(stochasticity, t, dt),
    drawNoise: () => space.pack(diffusion.map((random) => random.normals(space.dimension))),
    ...(guide === undefined ? {} : guide.integration(draws.length)),
    isCancelled,
  });
  return space.decode(end);
}

function numbered(
  { firstIndex }: Pick<SampleJob, 'firstIndex'>,
  weights: readonly Float32Array[],
): readonly SampledWeights[] {
  return weights.map((network, k) => ({ index: firstIndex + k, weights: network }));
}
