import type { Shape } from '../../onnx/dim.js';
import type { OnnxValue } from './graph-recorder.js';

/**
 * A transposed matrix, computed only if something other than a matrix product uses it: products
 * read the original in place.
 */
export class TransposedMatrix implements OnnxValue {
  readonly shape: Shape;
  readonly #compute: () => OnnxValue;
  #value: OnnxValue | undefined;

  /** @param compute - appends the transposition to the graph */
  constructor(
    readonly matrix: OnnxValue,
    shape: Shape,
    compute: () => OnnxValue,
  ) {
    this.shape = shape;
    this.#compute = compute;
  }

  get name(): string {
    this.#value ??= this.#compute();
    return this.#value.name;
  }
}
