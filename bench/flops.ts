import type { Shape } from '../src/onnx/dim.js';
import { dimValue, type DimValues } from '../src/onnx/dim-value.js';
import type { GraphNode, OnnxModel } from '../src/onnx/graph.js';
import { verifyModel } from '../src/onnx/verify.js';

/**
 * Floating-point operations of a graph's matrix products, `2·m·n·k` for each m×k by k×n; nothing
 * else is counted.
 *
 * @throws WeightspringError `invalid-argument` for a dimension without a value
 */
export function matMulFlops(model: OnnxModel, values: DimValues): number {
  const facts = verifyModel(model);
  const shapeOf = (name: string | undefined): Shape => facts.get(name ?? '')?.shape ?? [];
  return model.nodes
    .filter(({ opType }) => opType === 'MatMul' || opType === 'Gemm')
    .reduce((sum, node) => {
      const inner = shapeOf(node.inputs[0]).at(isTransposed(node) ? -2 : -1) ?? 1;
      const elements = shapeOf(node.outputs[0]).reduce<number>(
        (product, dim) => product * dimValue(dim, values),
        1,
      );
      return sum + 2 * elements * dimValue(inner, values);
    }, 0);
}

function isTransposed({ attributes: { transA } }: GraphNode): boolean {
  return transA?.kind === 'int' && transA.value === 1;
}
