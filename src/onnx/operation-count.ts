import { addDims, multiplyDims, type Dim } from './dim.js';
import type { GraphNode, OnnxModel } from './graph.js';
import { VIEWS } from './memory-plan.js';
import { verifyModel } from './verify.js';

/** Operations of one run of a graph, as polynomials in its symbols. */
export interface OperationCount {
  /**
   * Operations of matrix products, `2·m·n·k` for each m×k by k×n; a convolution has the product of
   * its kernel with every window.
   */
  readonly products: Dim;
  /** Elements computed by all other nodes. */
  readonly elements: Dim;
  /** Nodes that compute anything. */
  readonly nodes: number;
}

/**
 * Counts the operations of a graph. Nodes that only reshape memory do not count.
 *
 * @throws WeightspringError `model-invalid`
 */
export function countOperations(model: OnnxModel): OperationCount {
  const facts = verifyModel(model);
  const computing = model.nodes.filter(({ opType }) => !VIEWS.has(opType));
  const products: Dim[] = [];
  const elements: Dim[] = [];
  for (const node of computing) {
    const size = multiplyDims(...(facts.get(node.outputs[0] ?? '')?.shape ?? []));
    if (node.opType === 'MatMul' || node.opType === 'Gemm') {
      const inner = facts.get(node.inputs[0] ?? '')?.shape.at(isTransposed(node) ? -2 : -1) ?? 1;
      products.push(multiplyDims(2, size, inner));
    } else if (node.opType === 'Conv') {
      const [, ...kernel] = facts.get(node.inputs[1] ?? '')?.shape ?? [];
      products.push(multiplyDims(2, size, ...kernel));
    } else elements.push(size);
  }
  return {
    products: addDims(...products),
    elements: addDims(...elements),
    nodes: computing.length,
  };
}

function isTransposed({ attributes: { transA } }: GraphNode): boolean {
  return transA?.kind === 'int' && transA.value === 1;
}
