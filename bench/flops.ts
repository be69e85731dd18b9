import { WeightspringError } from '../src/errors.js';
import { dimPolynomial, type Dim, type Shape } from '../src/onnx/dim.js';
import type { GraphNode, OnnxModel } from '../src/onnx/graph.js';
import { verifyModel } from '../src/onnx/verify.js';

/** Values of symbolic dimensions: `batch`, `h1`, … */
export type DimValues = Readonly<Record<string, number>>;

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

function dimValue(dim: Dim, values: DimValues): number {
  return dimPolynomial(dim).reduce(
    (sum, { coefficient, factors }) =>
      sum + factors.reduce((product, symbol) => product * valueOf(symbol, values), coefficient),
    0,
  );
}

function valueOf(symbol: string, values: DimValues): number {
  const value = values[symbol];
  if (value !== undefined) return value;
  throw new WeightspringError(
    'invalid-argument',
    `expected a value of the dimension '${symbol}', got ${JSON.stringify(values)}`,
  );
}
