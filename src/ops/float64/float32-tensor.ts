import type { ReferenceTensor } from '../reference-ops.js';
import type { ConcreteShape } from '../shape-rules.js';

/**
 * Float32 values as a tensor, converted to float64 only when read as such: the first layer reads a
 * large matrix of features without a copy.
 */
export class Float32Tensor implements ReferenceTensor {
  #data: Float64Array | undefined;

  /** @param values - as many as the shape says; not copied */
  constructor(
    readonly values: Float32Array,
    readonly shape: ConcreteShape,
  ) {}

  get data(): Float64Array {
    this.#data ??= new Float64Array(this.values);
    return this.#data;
  }
}
