import type { InferenceSession } from 'onnxruntime-node';
import type { Provider } from '../devices/device.js';
import { createSession } from '../devices/session.js';
import { ensure } from '../errors.js';
import { SOLVER_METHODS, type Solver } from '../flow/solvers/solver.js';
import { isCanonical } from '../flow/geometry.js';
import { familySizes, type Family } from '../network/family.js';
import { networkOf } from '../network/network.js';
import { familyLayout } from '../network/point-layout.js';
import { timesOf } from '../flow/solvers/time-grid.js';
import type { OnnxModel } from '../onnx/graph.js';
import { MemoryPlan, RUNTIME_OVER_PLAN } from '../onnx/memory-plan.js';
import { encodeModel } from '../onnx/serialize.js';
import type { Watcher } from '../pace.js';
import { RecordedDivergence } from './divergence.js';
import type { LikelihoodFlow } from './likelihood-flow.js';
import { LIKELIHOOD_DEFAULTS, type LikelihoodOptions } from './likelihood-options.js';
import { summariseProbes, type NetworkLikelihood } from './network-likelihood.js';
import {
  checkOptions,
  prepareNetwork,
  type Network,
  type PreparedNetwork,
} from './prepared-network.js';
import { priorLogDensity } from './prior-density.js';
import { integrateBack, reverseSteps, type ReverseSessions } from './reverse-trajectory.js';
import { likelihoodStepModel } from './step-model.js';

export type { Network };

/**
 * Where a likelihood is computed, and who is notified of each trajectory, one per network and
 * probe.
 */
export interface LikelihoodHost extends Watcher {
  /** Default 'cpu'. */
  readonly provider?: Provider;
  /** Threads of one operation. Default 0: one per physical core. */
  readonly threads?: number;
}

/**
 * Log-likelihoods of networks under a flow, one result per network in order:
 *
 * `log p_1(x_1) = log p_0(x_0) − ∫₀¹ tr(∂v/∂x) dt`
 *
 * along the flow's ODE from x_1 back to x_0, on spheres with the tangent trace and the density of
 * the uniform prior. The density is that of labelled neurons: of the `∏ h_l!` permutations of a
 * network it counts only the given one, so align the sets of networks that you compare in the same
 * way.
 *
 * Deterministic for a seed on the CPU: a network's probes are drawn from the seed and its weights,
 * so that its result does not depend on other networks and the errors of different networks are
 * independent.
 *
 * @throws WeightspringError `invalid-argument` for the Normalized flow, whose samples lie on
 *   spheres that its paths leave, for weights that are not finite or, in canonical form, a last
 *   layer of zeros, and for options out of range; `unsupported-architecture`, `shape-mismatch` for
 *   networks that the flow does not model; `diverged` if the solver's numbers are no longer finite;
 *   `cancelled`
 * @see notation §9; Grathwohl et al. 2019; Chen & Lipman 2024 for manifolds
 *
 * @example
 * const flow = likelihoodFlow(await readFlow('models/wdbc'));
 * const [result] = await logLikelihood(flow, [{ architecture, weights }], { probes: 16 });
 * result.bitsPerDimension;
 */
export async function logLikelihood(
  flow: LikelihoodFlow,
  networks: readonly Network[],
  options: Partial<LikelihoodOptions> = {},
  host: LikelihoodHost = {},
): Promise<readonly NetworkLikelihood[]> {
  const complete = { ...LIKELIHOOD_DEFAULTS, ...options };
  checkOptions(flow, complete);
  const prepared = networks.map((network, index) => prepareNetwork(flow, network, complete, index));
  const total = prepared.reduce((sum, { probes }) => sum + probes.length, 0);
  const results: NetworkLikelihood[] = [];
  let done = 0;
  for (const family of new Set(prepared.map((network) => network.family))) {
    const chosen = prepared.filter((network) => network.family === family);
    await withSessions(flow, family, complete, host, async (sessions, plan) => {
      for (const network of chosen) {
        const rows = complete.rows ?? rowsWithin(plan, complete.solver, network);
        results[network.index] = await follow(sessions, network, rows, complete, host, (count) => {
          done += count;
          host.onProgress?.(done, total);
        });
      }
    });
  }
  return results;
}

/** Runs `use` with the sessions of one family and the memory plan of a solver step. */
async function withSessions(
  flow: LikelihoodFlow,
  family: Family,
  { solver }: LikelihoodOptions,
  { provider = 'cpu', threads = 0 }: LikelihoodHost,
  use: (sessions: ReverseSessions, plan: MemoryPlan) => Promise<void>,
): Promise<void> {
  const layout = familyLayout(family, isCanonical(flow.model.geometry));
  const recorded = new RecordedDivergence({ ...flow.model, layout });
  const opened: InferenceSession[] = [];
  const open = async (model: OnnxModel): Promise<InferenceSession> => {
    const session = await createSession(encodeModel(model), {
      provider,
      threads,
      planMemory: false,
    });
    opened.push(session);
    return session;
  };
  try {
    const model = likelihoodStepModel(flow, recorded, solver);
    const step = await open(model);
    const euler =
      solver === 'euler' ? step : await open(likelihoodStepModel(flow, recorded, 'euler'));
    await use({ step, euler }, new MemoryPlan(model));
  } finally {
    for (const session of opened) await session.release();
  }
}

/**
 * How many trajectories of a network are followed at once: as many as fit into memory and still
 * bring speed.
 *
 * onnxruntime evaluates all stages of a step before their backward passes, so it holds all stages
 * in memory; in the plan, which follows the order of the graph, each stage's backward pass comes
 * right after it.
 */
function rowsWithin(plan: MemoryPlan, solver: Solver, { space }: PreparedNetwork): number {
  const planned = plan.peakBytes({ batch: 1, ...familySizes(networkOf(space.architecture)) });
  const { evaluations } = SOLVER_METHODS[solver];
  const fitting = Math.floor(MEMORY_BYTES / (RUNTIME_OVER_PLAN * evaluations * planned));
  return Math.min(Math.max(fitting, 1), MOST_ROWS);
}

/** Memory limit of one evaluation. */
const MEMORY_BYTES = 256 * 2 ** 20;
/** More rows at once are not faster. */
const MOST_ROWS = 16;

/**
 * Follows one network back, once per probe. All rows of a batch are the same trajectory: each
 * vector–Jacobian product needs its own forward pass anyway.
 */
async function follow(
  sessions: ReverseSessions,
  { index, space, x1, probes, outside }: PreparedNetwork,
  rows: number,
  { trace, solver, steps, timeGrid, endOffset }: LikelihoodOptions,
  { signal }: LikelihoodHost,
  onDone: (probes: number) => void,
): Promise<NetworkLikelihood> {
  const path = reverseSteps(timesOf(timeGrid, steps), endOffset);
  const integrals = new Float64Array(probes.length);
  const names = space.layout.tensors.map(({ name }) => name);
  let atStart = NaN;
  for (let done = 0; done < probes.length; done += rows) {
    const drawn = probes.slice(done, done + rows).map((draw) => draw());
    const points = space.pack(drawn.map(() => x1));
    const end = await integrateBack(sessions, path, points, space.pack(drawn), names, signal);
    integrals.set(end.integrals, done);
    if (done === 0) atStart = priorLogDensity(space, end.start, 0);
    onDone(drawn.length);
  }
  const atNetwork = priorLogDensity(space, space.pack([x1]), 0);
  const result = summariseProbes(space, { atStart, atNetwork }, integrals, trace);
  ensure(
    Number.isFinite(result.logDensity),
    'diverged',
    () =>
      `the solver diverged on the way back from network ${index} with ${steps} ` +
      `${solver} steps: use more, or check that the flow models networks like this one`,
  );
  return { ...result, ...outside };
}
