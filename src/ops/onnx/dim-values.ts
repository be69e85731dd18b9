import { WeightspringError } from '../../errors.js';
import { dimPolynomial, type Dim, type DimTerm, type Shape } from '../../onnx/dim.js';
import { ELEMENT_TYPES } from '../../onnx/element-type.js';
import type { GraphRecorder, OnnxValue } from './graph-recorder.js';

/**
 * The values of dimensions at run time, as int64 vectors.
 *
 * A symbol is read from a graph input that has it as a dimension; products and sums are computed
 * from symbols. Each is computed once.
 */
export class DimValues {
  readonly #recorder: GraphRecorder;
  readonly #sources = new Map<string, { readonly input: OnnxValue; readonly axis: number }>();
  readonly #known = new Map<string, OnnxValue>();

  constructor(recorder: GraphRecorder) {
    this.#recorder = recorder;
  }

  /** Makes the symbols in the shape of an input available. */
  addSource(input: OnnxValue): void {
    for (const [axis, dim] of input.shape.entries()) {
      if (typeof dim === 'number' || this.#sources.has(dim)) continue;
      this.#sources.set(dim, { input, axis });
    }
  }

  /** A vector of dimensions; a constant if all are numbers. */
  vector(dims: Shape): OnnxValue {
    const numbers = dims.filter((dim) => typeof dim === 'number');
    if (numbers.length === dims.length) return this.#recorder.ints(numbers);
    const [first] = dims;
    if (first !== undefined && dims.length === 1) return this.#single(first);
    return this.#once(dims.join(), () => {
      const parts = dims.map((dim) => this.#single(dim));
      return this.#recorder.emit('Concat', parts, { axis: { kind: 'int', value: 0 } });
    });
  }

  /** A dimension as a float32 scalar. */
  float(dim: Dim): OnnxValue {
    return this.#once(`float ${dim}`, () => {
      const converted = this.#recorder.emit('Cast', [this.#single(dim)], {
        to: { kind: 'int', value: ELEMENT_TYPES.float32.code },
      });
      return this.#recorder.emit('Squeeze', [converted, this.#recorder.ints([0])]);
    });
  }

  /** One dimension as a vector of one element. */
  #single(dim: Dim): OnnxValue {
    if (typeof dim === 'number') return this.#recorder.ints([dim]);
    return this.#once(dim, () => {
      const source = this.#sources.get(dim);
      if (source !== undefined) {
        return this.#recorder.emit('Shape', [source.input], {
          start: { kind: 'int', value: source.axis },
          end: { kind: 'int', value: source.axis + 1 },
        });
      }
      if (!/[+*]/.test(dim)) {
        throw new WeightspringError(
          'shape-mismatch',
          `the dimension ${dim} is needed as a value, but no graph input has it as a dimension ` +
            `of its own; the inputs have ${[...this.#sources.keys()].join(', ') || 'none'}`,
        );
      }
      return this.#fold(
        'Add',
        dimPolynomial(dim).map((term) => this.#term(term)),
      );
    });
  }

  #term({ coefficient, factors }: DimTerm): OnnxValue {
    const scale =
      coefficient === 1 && factors.length > 0 ? [] : [this.#recorder.ints([coefficient])];
    return this.#fold('Mul', [...scale, ...factors.map((factor) => this.#single(factor))]);
  }

  #fold(opType: 'Add' | 'Mul', values: readonly OnnxValue[]): OnnxValue {
    return values.reduce((total, value) => this.#recorder.emit(opType, [total, value]));
  }

  #once(key: string, compute: () => OnnxValue): OnnxValue {
    const value = this.#known.get(key) ?? compute();
    this.#known.set(key, value);
    return value;
  }
}
