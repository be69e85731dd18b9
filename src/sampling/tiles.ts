import { formatLayers, hiddenWidths, type Architecture } from '../architecture/architecture.js';
import { ensure } from '../errors.js';
import { MemoryPlan, RUNTIME_OVER_PLAN } from '../onnx/memory-plan.js';
import type { OnnxModel } from '../onnx/graph.js';
import { pointDims } from '../velocity/point-shapes.js';

/** What one evaluation may hold, in bytes, where nobody says otherwise. */
export const DEFAULT_MEMORY_BYTES = 2 ** 30;

/** Largest batch of one evaluation: more brings no speed. */
const MAX_TILE = 64;
/** Nor do larger values: they leave the caches of the processor, and a service has other workers. */
const MAX_TILE_BYTES = 64 * 2 ** 20;
/**
 * How many networks are evaluated at once: no more than bring speed, and no more than fit.
 *
 * @param planned - bytes that an evaluation of one network holds by its {@link MemoryPlan}
 * @param memoryBytes - what an evaluation may hold
 * @throws WeightspringError `too-large` where not even one network fits
 */
export function tileSize(planned: number, memoryBytes: number, { layers }: Architecture): number {
  const each = RUNTIME_OVER_PLAN * planned;
  ensure(
    each <= memoryBytes,
    'too-large',
    () =>
      `a network ${formatLayers(layers)} takes some ${toMiB(each)} MiB to draw, more than the ` +
      `${toMiB(memoryBytes)} MiB that the sampler may use: choose narrower layers`,
    'architecture.layers',
  );
  const fitting = Math.floor(Math.min(MAX_TILE_BYTES, memoryBytes) / each);
  return Math.min(Math.max(fitting, 1), MAX_TILE);
}

/** A graph that all architectures of one depth share. */
export interface SharedGraph {
  /** Equal for equal graphs. */
  readonly key: string;
  readonly model: () => OnnxModel;
}

/** Tiles by step graph and architecture; each graph is planned once. */
export class TilePlanner {
  readonly #plans = new Map<string, MemoryPlan>();

  /** @param memoryBytes - what one evaluation may hold */
  constructor(private readonly memoryBytes: number) {}

  /** @throws WeightspringError as {@link tileSize} */
  tile({ key, model }: SharedGraph, architecture: Architecture): number {
    const plan = this.#plans.get(key) ?? new MemoryPlan(model());
    this.#plans.set(key, plan);
    const planned = plan.peakBytes(pointDims(hiddenWidths(architecture), 1));
    return tileSize(planned, this.memoryBytes, architecture);
  }
}

const toMiB = (bytes: number): number => Math.round(bytes / 2 ** 20);
