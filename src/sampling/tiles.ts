import { architectureFields } from '../network/architecture-fields.js';
import type { Architecture } from '../network/architecture.js';
import { familySizes } from '../network/family.js';
import { networkOf } from '../network/network.js';
import { ensure } from '../errors.js';
import type { DimValues } from '../onnx/dim-value.js';
import { RUNTIME_OVER_PLAN, type MemoryPlan } from '../onnx/memory-plan.js';

/** Largest batch of one evaluation: larger ones are not faster. */
const MAX_TILE = 64;
/** Nor are larger values: they no longer fit into the caches, and a service has other workers. */
export const MAX_PLANNED_BYTES = 32 * 2 ** 20;

/**
 * How many networks are evaluated at once: as many as still bring speed and fit into memory.
 *
 * @param planned - planned memory of the evaluation of one network, in bytes
 * @param memoryBytes - memory limit of an evaluation
 * @throws WeightspringError `too-large` if not even one network fits
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
  /** Values of its symbols besides those of an architecture. Default: it has none. */
  readonly sizes?: DimValues;
}

/** Memory and tiles by step graph and architecture; each graph is planned once. */
export class TilePlanner {
  readonly #plans = new Map<string, MemoryPlan>();

  /** @param memoryBytes - memory limit of one evaluation */
  constructor(private readonly memoryBytes: number) {}

  /** @throws WeightspringError as {@link tileSize} */
  tile(graph: PlannedGraph, architecture: Architecture): number {
    return tileSize(this.plannedBytes(graph, architecture), this.memoryBytes, architecture);
  }

  /** Planned memory of the evaluation of one network. */
  plannedBytes({ key, plan: makePlan, sizes }: PlannedGraph, architecture: Architecture): number {
    const plan = this.#plans.get(key) ?? makePlan();
    // To the end: the least recently used comes first and is dropped first.
    this.#plans.delete(key);
    this.#plans.set(key, plan);
    const [oldest] = this.#plans.keys();
    if (this.#plans.size > MAX_PLANS && oldest !== undefined) this.#plans.delete(oldest);
    return plan.peakBytes({ batch: 1, ...sizes, ...familySizes(networkOf(architecture)) });
  }
}

const toMiB = (bytes: number): number => Math.round(bytes / 2 ** 20);
