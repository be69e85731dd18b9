import { dimValue, type DimValues } from '../src/onnx/dim-value.js';
import type { OnnxModel } from '../src/onnx/graph.js';
import { countOperations } from '../src/onnx/operation-count.js';

/**
 * Floating-point operations of a graph's matrix products; nothing else is counted.
 *
 * @throws WeightspringError `invalid-argument` for a dimension without a value
 */
export function matMulFlops(model: OnnxModel, values: DimValues): number {
  return dimValue(countOperations(model).products, values);
}
