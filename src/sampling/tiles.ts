import { architectureFields } from '../network/architecture-fields.js';
import type { Architecture } from '../network/architecture.js';
import { familySizes } from '../network/family.js';
import { networkOf } from '../network/network.js';
import { ensure } from '../errors.js';
import { RUNTIME_OVER_PLAN, type MemoryPlan } from '../onnx/memory-plan.js';

/** Largest batch of one evaluation: more brings no speed. */
const MAX_TILE = 64;
/** Nor do larger values: they leave the caches of the processor, and a service has other workers. */
export const MAX_PLANNED_BYTES = 32 * 2 ** 20;

/**
 * How many networks are evaluated at once: no more than bring speed, and no more than fit.
 *
 * @param planned - bytes that an evaluation of one network holds by its {@link MemoryPlan}
 * @param memoryBytes - what an evaluation may hold
 * @throws WeightspringError `too-large` where not even one network fits
 */
export function tileSize(planned: number, memoryBytes: number, arch: Architecture): number {
  const each = RUNTIME_OVER_PLAN * planned;
  ensure(
    each <= memoryBytes,
    'too-large',
    () =>
      `a network ${networkOf(arch).key} takes some ${toMiB(each)} MiB to draw, more than the ` +
      `${toMiB(memoryBytes)} MiB that the sampler may use: choose narrower layers`,
    architectureFields(arch).whole,
  );
  const fitting = Math.floor(Math.min(MAX_PLANNED_BYTES / planned, memoryBytes / each));
  return Math.min(Math.max(fitting, 1), MAX_TILE);
}

/** Most plans that are kept: each version of each flow has its own. */
const MAX_PLANS = 64;

/** A graph that all architectures of one family share. */
export interface PlannedGraph {
  /** Equal for equal graphs. */
  readonly key: string;
  readonly plan: () => MemoryPlan;
}

/** Memory and tiles by step graph and architecture; each graph is planned once. */
export class TilePlanner {
  readonly #plans = new Map<string, MemoryPlan>();

  /** @param memoryBytes - what one evaluation may hold */
  constructor(private readonly memoryBytes: number) {}

  /** @throws WeightspringError as {@link tileSize} */
  tile(graph: PlannedGraph, architecture: Architecture): number {
    return tileSize(this.plannedBytes(graph, architecture), this.memoryBytes, architecture);
  }

  /** What an evaluation of one network holds by its plan. */
  plannedBytes({ key, plan: makePlan }: PlannedGraph, architecture: Architecture): number {
    const plan = this.#plans.get(key) ?? makePlan();
    // To the end: what was used longest ago comes first and goes first.
    this.#plans.delete(key);
    this.#plans.set(key, plan);
    const [oldest] = this.#plans.keys();
    if (this.#plans.size > MAX_PLANS && oldest !== undefined) this.#plans.delete(oldest);
    return plan.peakBytes({ batch: 1, ...familySizes(networkOf(architecture)) });
  }
}

const toMiB = (bytes: number): number => Math.round(bytes / 2 ** 20);
