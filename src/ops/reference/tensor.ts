import { ensure } from '../../errors.js';
import { formatShape } from '../../onnx/dim.js';
import { constantShape, sizeOf, type ConcreteShape } from '../shape-rules.js';

/** A float64 array with its shape, row-major; never modified after creation. */
export interface ReferenceTensor {
  readonly shape: ConcreteShape;
  readonly data: Float64Array;
}

/**
 * A tensor of `values`; without a shape a number is a scalar and a list a vector.
 *
 * @throws WeightspringError `shape-mismatch` when the number of values does not fit
 */
export function tensor(values: number | ArrayLike<number>, shape?: ConcreteShape): ReferenceTensor {
  return {
    shape: constantShape(values, shape),
    data: typeof values === 'number' ? Float64Array.of(values) : Float64Array.from(values),
  };
}

export function zeros(shape: ConcreteShape): ReferenceTensor {
  return { shape, data: new Float64Array(sizeOf(shape)) };
}

/** The one number in a tensor of a single element, for instance a loss. */
export function scalarValue(x: ReferenceTensor): number {
  const [value] = x.data;
  ensure(
    value !== undefined && x.data.length === 1,
    'shape-mismatch',
    () => `expected a tensor of one element, got ${formatShape(x.shape)}`,
  );
  return value;
}
