import type { InferenceSession } from 'onnxruntime-node';
import type { Architecture } from '../network/architecture.js';
import type { Device } from '../devices/device.js';
import { createSession } from '../devices/session.js';
import { lastStepSolver } from '../flow/solvers/solver.js';
import type { OnnxModel } from '../onnx/graph.js';
import { MemoryPlan } from '../onnx/memory-plan.js';
import { encodeModel } from '../onnx/serialize.js';
import { sizeOf } from '../ops/shape-rules.js';
import type { SampleJob } from './sample-job.js';
import { evaluationThreads } from './evaluation-threads.js';
import { perturbModel, stepModel, type FlowParameters } from '../flows/flow-graphs.js';
import { guidedStepModel } from '../flows/guided-step-model.js';
import { activeGuide, guideParts } from '../flows/guide.js';
import { pointArchitecture } from '../flows/flow-config.js';
import { activationName } from '../flows/served-region.js';
import { familyIn } from '../flows/flow-families.js';
import type { OpenedFlow } from '../flows/flow-store.js';
import type { IntegrationSessions } from './integrate.js';
import { SessionCache } from './session-cache.js';
import { TilePlanner, type PlannedGraph } from './tiles.js';

/** Sessions for each number of threads; one of a shipped flow takes some 20 MB. */
const SESSIONS_PER_THREADS = 6;

interface SessionGraph {
  /** Equal for equal graphs. */
  readonly key: string;
  readonly model: () => Promise<OnnxModel>;
}

/** What determines the graphs of a job. */
type JobGraphs = Pick<SampleJob, 'architecture' | 'solver' | 'stochasticity' | 'guide'>;

export interface FlowSessionsOptions {
  readonly device: Device;
  /** Most threads of one evaluation on the CPU. */
  readonly threads: number;
  /** Memory limit of one evaluation, in bytes. */
  readonly memoryBytes: number;
}

/** The graphs of stored flows as sessions of onnxruntime, opened when they are first used. */
export class FlowSessions {
  readonly device: Device;
  readonly #threads: number;
  readonly #tiles: TilePlanner;
  readonly #sessions: SessionCache;

  constructor({ device, threads, memoryBytes }: FlowSessionsOptions) {
    this.device = device;
    this.#threads = threads;
    this.#tiles = new TilePlanner(memoryBytes);
    const isShared = device.provider === 'cpu' && threads > 1;
    this.#sessions = new SessionCache(SESSIONS_PER_THREADS * (isShared ? 2 : 1));
  }

  /** Whether the cache of sessions for small batches is full. */
  get isFull(): boolean {
    return this.#sessions.size >= SESSIONS_PER_THREADS;
  }

  /**
   * How many networks of a job are drawn at once.
   *
   * @throws WeightspringError `too-large` if not even one network fits into memory
   */
  tile(flow: OpenedFlow, job: JobGraphs): number {
    return this.#tiles.tile(stepGraph(flow, job), job.architecture);
  }

  /** Runs `run` with the sessions that a batch of a job needs. */
  use<R>(
    flow: OpenedFlow,
    job: JobGraphs,
    batch: number,
    run: (sessions: IntegrationSessions) => Promise<R>,
  ): Promise<R> {
    const { architecture, solver, stochasticity } = job;
    const threads = this.#threadsOf(flow, job, batch);
    const step = stepGraph(flow, job);
    const lastStep = stepGraph(flow, { ...job, solver: lastStepSolver(solver) });
    return this.#withSession(step, threads, (step) =>
      this.#withSession(lastStep, threads, (lastStep) =>
        stochasticity.strength === 0
          ? run({ step, lastStep, perturb: null })
          : this.#withSession(noiseGraph(flow, architecture), threads, (perturb) =>
              run({ step, lastStep, perturb }),
            ),
      ),
    );
  }

  async close(): Promise<void> {
    await this.#sessions.clear();
  }

  #withSession<R>(
    { key, model }: SessionGraph,
    threads: number,
    use: (session: InferenceSession) => Promise<R>,
  ): Promise<R> {
    const create = async (): Promise<InferenceSession> =>
      createSession(encodeModel(await model()), {
        provider: this.device.provider,
        threads,
        planMemory: false,
      });
    return this.#sessions.with(`${key}/${threads}`, create, use);
  }

  /** Threads do not matter on a GPU, which needs one session only. */
  #threadsOf(flow: OpenedFlow, job: JobGraphs, batch: number): number {
    if (this.device.provider !== 'cpu') return this.#threads;
    const each = this.#tiles.plannedBytes(stepGraph(flow, job), job.architecture);
    return evaluationThreads(each * batch, this.#threads);
  }
}

function stepGraph(flow: OpenedFlow, job: JobGraphs): PlannedGraph & SessionGraph {
  const { config, configSha256, parameterShapes, readParameters } = flow;
  const { architecture, solver } = job;
  const guide = activeGuide(job);
  const family = familyIn(config, architecture);
  const key = `${configSha256}/${family.key}/${solver}`;
  const graphOf = (
    key: string,
    model: (parameters: FlowParameters) => OnnxModel,
  ): PlannedGraph & SessionGraph => ({
    key,
    plan: () => new MemoryPlan(model(blank(parameterShapes))),
    model: async () => model(await readParameters()),
  });
  if (guide === undefined) {
    return graphOf(key, (parameters) => stepModel(config, solver, parameters, family));
  }
  const { form, schedule, gradients } = guide;
  const method = { form, schedule, gradients };
  const step = { solver, method, architecture: pointArchitecture(config, architecture) };
  return {
    ...graphOf(
      `${key}/${form}/${schedule}/${String(gradients)}/${activationName(architecture)}`,
      (parameters) => guidedStepModel(config, step, parameters, family),
    ),
    sizes: { rows: guideParts(guide).rows },
  };
}

/** Parameters of these shapes: memory does not depend on their values. */
function blank(shapes: OpenedFlow['parameterShapes']): FlowParameters {
  return new Map(
    [...shapes].map(([name, shape]) => [name, { shape, data: new Float32Array(sizeOf(shape)) }]),
  );
}

function noiseGraph(
  { config, configSha256 }: OpenedFlow,
  architecture: Architecture,
): SessionGraph {
  const family = familyIn(config, architecture);
  return {
    key: `${configSha256}/${family.key}/perturb`,
    model: () => Promise.resolve(perturbModel(config, family)),
  };
}
