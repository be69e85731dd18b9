import type { InferenceSession } from 'onnxruntime-node';
import { architecture, type Architecture } from '../src/network/architecture.js';
import { networkOf } from '../src/network/network.js';
import { DEFAULT_MEMORY_BYTES } from '../src/sampling/network-sampler.js';
import type { OnnxModel } from '../src/onnx/graph.js';
import { MemoryPlan } from '../src/onnx/memory-plan.js';
import { stepModel, type FlowDefinition } from '../src/flows/flow-graphs.js';
import { TilePlanner } from '../src/sampling/tiles.js';
import { matMulFlops } from './flops.js';
import { bareRuns, openSession } from './runs.js';
import { fittedExponent, medianTimesMs, processorMs } from './statistics.js';
import { FLOW, subjectParameters, VELOCITY, subjectFamily, subjectSizes } from './subject.js';

export interface ScalingFigures {
  /** Exponent of the cost per network in its number of weights, over all networks and batches. */
  readonly weightsExponent: number;
  /** The same for networks that are drawn alone, and for those of the largest batch. */
  readonly weightsExponentAlone: number;
  readonly weightsExponentTogether: number;
  /** The exponent of the operations in matrix products: what a machine without caches would show. */
  readonly operationsExponent: number;
  /** Exponent of the cost of a batch in its size, over all networks and batches. */
  readonly batchExponent: number;
  /** One Euler step of one network alone: the narrowest and the widest. */
  readonly narrowestMs: number;
  readonly widestMs: number;
}

const WIDTHS = [16, 32, 64, 128, 256, 512] as const;
const BATCHES = [1, 4, 16, 64, 256] as const;
/** Neurons of a hidden layer, over all networks of a batch, that keep a processor busy for long. */
const SHORT_RUN = 512;

/** The cost of one Euler step. */
interface Cost {
  readonly weights: number;
  readonly batch: number;
  readonly perNetworkMs: number;
  /** Of one network, in matrix products. */
  readonly operations: number;
}

/**
 * Measures an Euler step of 784-h-10 and 784-h-h-10 classifiers in batches, drawn in the sampler's
 * tiles: the time of the processor on one thread, as a worker of the service computes.
 */
export async function measureScaling(): Promise<ScalingFigures> {
  const costs = [...(await costsOf(1)), ...(await costsOf(2))];
  const byWeights = (
    of: readonly Cost[],
    quantity: 'perNetworkMs' | 'operations' = 'perNetworkMs',
  ): number => fittedExponent(of.map((cost) => [cost.weights, cost[quantity]]));
  const alone = costs.filter(({ batch }) => batch === BATCHES[0]);
  const sorted = [...alone].sort((a, b) => a.weights - b.weights);
  return {
    weightsExponent: byWeights(costs),
    weightsExponentAlone: byWeights(alone),
    weightsExponentTogether: byWeights(costs.filter(({ batch }) => batch === BATCHES.at(-1))),
    operationsExponent: byWeights(costs, 'operations'),
    batchExponent: fittedExponent(
      costs.map(({ batch, perNetworkMs }) => [batch, batch * perNetworkMs]),
    ),
    narrowestMs: sorted[0]?.perNetworkMs ?? Number.NaN,
    widestMs: sorted.at(-1)?.perNetworkMs ?? Number.NaN,
  };
}

/** Costs of all widths and batches of one depth. */
async function costsOf(depth: number): Promise<readonly Cost[]> {
  const flow: FlowDefinition = { ...FLOW, velocity: { ...VELOCITY, maxHiddenLayers: 2 } };
  const { byName } = subjectParameters(flow);
  const model = stepModel(
    flow,
    'euler',
    byName,
    subjectFamily(Array.from({ length: depth }, () => 1)),
  );
  const planner = new TilePlanner(DEFAULT_MEMORY_BYTES);
  const session = await openSession(model, { threads: 1 });
  try {
    const costs: Cost[] = [];
    for (const width of WIDTHS) {
      const hidden = Array.from({ length: depth }, () => width);
      costs.push(...(await costsOfWidths(session, planner, model, hidden)));
    }
    return costs;
  } finally {
    await session.release();
  }
}

/** Costs of all batches of one architecture; a batch beyond the tile costs what its tiles do. */
async function costsOfWidths(
  session: InferenceSession,
  planner: TilePlanner,
  model: OnnxModel,
  hidden: readonly number[],
): Promise<readonly Cost[]> {
  const arch: Architecture = architecture([VELOCITY.inputs, ...hidden, VELOCITY.outputs]);
  const tile = planner.tile({ key: 'step', plan: () => new MemoryPlan(model) }, arch);
  const known = new Map<number, number>();
  const operations = matMulFlops(model, subjectSizes(hidden, 1));
  const costs: Cost[] = [];
  for (const batch of BATCHES) {
    const drawn = Math.min(batch, tile);
    const perNetworkMs = known.get(drawn) ?? (await perNetwork(session, drawn, hidden));
    known.set(drawn, perNetworkMs);
    costs.push({ weights: networkOf(arch).parameters, batch, perNetworkMs, operations });
  }
  return costs;
}

async function perNetwork(
  session: InferenceSession,
  batch: number,
  hidden: readonly number[],
): Promise<number> {
  // Short runs are measured many at a time: the clock of the processor is coarse.
  const runs = Math.ceil(SHORT_RUN / (batch * Math.max(...hidden)));
  const [ms] = await medianTimesMs([bareRuns(session, { batch, hidden, runs })], {
    rounds: 5,
    measure: processorMs,
  });
  return ms / (batch * runs);
}
