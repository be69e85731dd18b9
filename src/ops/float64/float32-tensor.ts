import type { ReferenceTensor } from '../reference-ops.js';
import type { ConcreteShape } from '../shape-rules.js';

/** Float32 values as a tensor, widened once something asks for float64: a large matrix of features
 * goes into its first layer without a copy. */
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
