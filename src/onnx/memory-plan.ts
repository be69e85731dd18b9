import { multiplyDims, type Dim } from './dim.js';
import { dimValue, type DimValues } from './dim-value.js';
import { ELEMENT_TYPES } from './element-type.js';
import type { OnnxModel } from './graph.js';
import { verifyModel } from './verify.js';

/** Operators whose output is their first input's memory under another shape. */
export const VIEWS: ReadonlySet<string> = new Set(['Identity', 'Reshape', 'Squeeze', 'Unsqueeze']);

/**
 * onnxruntime's memory over that of the plan, whose blocks it enlarges and keeps for the next run:
 * 1.1 to 2.4 for Euler steps of the neuron-transformer on the CPU, as
 * `npm run -s bench -- --only memory` measures; others have not been measured.
 */
export const RUNTIME_OVER_PLAN = 2.5;

/** A value as the plan sees it. */
interface Block {
  /** Its size, in bytes. */
  readonly size: Dim;
  /** Index of the last node that reads it. */
  lastUse: number;
}

/**
 * What a graph holds in memory while its nodes run one after the other: every value from the node
 * that computes it to the last one that reads it, outputs to the end. Inputs and initialisers are
 * the caller's.
 *
 * A runtime may need less, where it fuses operators or computes in place, or more, where its
 * allocator rounds.
 */
export class MemoryPlan {
  /** For each node, the blocks that it computes. */
  readonly #computed: readonly (readonly Block[])[];

  /** @throws WeightspringError `model-invalid` */
  constructor(model: OnnxModel) {
    const facts = verifyModel(model);
    const blocks = new Map<string, Block>();
    this.#computed = model.nodes.map(({ opType, inputs, outputs }, index) => {
      for (const name of inputs) {
        const block = blocks.get(name);
        if (block !== undefined) block.lastUse = index;
      }
      const viewed = VIEWS.has(opType) ? blocks.get(inputs[0] ?? '') : undefined;
      return outputs.flatMap((name) => {
        const known = facts.get(name);
        if (viewed !== undefined || known === undefined) {
          if (viewed !== undefined) blocks.set(name, viewed);
          return [];
        }
        const size = multiplyDims(ELEMENT_TYPES[known.type].bytes, ...known.shape);
        const block = { size, lastUse: index };
        blocks.set(name, block);
        return [block];
      });
    });
    for (const { name } of model.outputs) {
      const block = blocks.get(name);
      if (block !== undefined) block.lastUse = model.nodes.length;
    }
  }

  /**
   * Most bytes held at once.
   *
   * @param dims - values of all symbols of the graph
   * @throws WeightspringError `invalid-argument` for a symbol without a value
   */
  peakBytes(dims: DimValues): number {
    const sizes = new Map<Dim, number>();
    const bytesOf = ({ size }: Block): number => {
      const bytes = sizes.get(size) ?? dimValue(size, dims);
      sizes.set(size, bytes);
      return bytes;
    };
    const freed = new Float64Array(this.#computed.length + 1);
    let held = 0;
    let peak = 0;
    this.#computed.forEach((computed, node) => {
      for (const block of computed) {
        const bytes = bytesOf(block);
        held += bytes;
        freed[block.lastUse] = (freed[block.lastUse] ?? 0) + bytes;
      }
      peak = Math.max(peak, held);
      held -= freed[node] ?? 0;
    });
    return peak;
  }
}
