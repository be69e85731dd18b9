import { multiplyDims, type Dim } from './dim.js';
import { dimValue, type DimValues } from './dim-value.js';
import { ELEMENT_TYPES } from './element-type.js';
import type { OnnxModel } from './graph.js';
import { verifyModel } from './verify.js';

/** Operators whose output is the memory of their first input with another shape. */
export const VIEWS: ReadonlySet<string> = new Set([
  'Identity',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
]);

/**
 * Ratio of onnxruntime's memory to the plan's, since it rounds blocks up and keeps them for the
 * next run: 1.1 to 2.4 for Euler steps of the neuron-transformer on the CPU
 * (`npm run -s bench -- --only memory`); other graphs have not been measured.
 */
export const RUNTIME_OVER_PLAN = 2.5;

/** A value in the plan. */
interface Block {
  /** Its size, in bytes. */
  readonly size: Dim;
  /** Index of the last node that reads it. */
  lastUse: number;
}

/**
 * The memory of a graph while its nodes run one after the other: every value is held from the node
 * that computes it to the last one that reads it, outputs to the end. Inputs and initialisers
 * belong to the caller and do not count.
 *
 * A runtime may need less if it fuses operators or computes in place, or more if its allocator
 * rounds up.
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
