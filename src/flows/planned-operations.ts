import { addDims, multiplyDims, type Dim } from '../onnx/dim.js';
import type { OnnxModel } from '../onnx/graph.js';
import { countOperations } from '../onnx/operation-count.js';

/** Cost of computing one element, in operations of a matrix product (decision 0019). */
const ELEMENT_OPERATIONS = 40;
/** Fixed cost of running a node. */
const NODE_OPERATIONS = 100_000;

/**
 * Planned operations of one run of a graph, a polynomial in its symbols: those of its matrix
 * products, and everything else converted by its measured cost.
 */
export function plannedOperations(model: OnnxModel): Dim {
  const { products, elements, nodes } = countOperations(model);
  return addDims(products, multiplyDims(ELEMENT_OPERATIONS, elements), NODE_OPERATIONS * nodes);
}
