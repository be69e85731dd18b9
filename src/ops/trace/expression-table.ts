import type {
  AttributesOf,
  Expression,
  ExpressionNode,
  ExpressionOp,
  InputsOf,
} from './expression.js';
import type { Shape } from '../../onnx/dim.js';

/**
 * Longest constant that is compared by value: for longer ones the key would cost more than a copy.
 */
const LONGEST_SHARED_CONSTANT = 1024;

/** Hash-consing: stores every expression of a recording once. */
export class ExpressionTable {
  readonly #known = new Map<string, Expression>();
  #next = 0;

  /** The expression of this operation on these inputs: the earlier one if there is one. */
  node<P extends ExpressionOp>(
    op: P,
    inputs: InputsOf[P],
    attributes: AttributesOf[P],
    shape: Shape,
  ): Expression {
    const key = keyOf(op, inputs, attributes, shape);
    const known = key === undefined ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    const node: ExpressionNode<P> = { op, inputs, attributes, shape, id: this.#next++ };
    // The union contains every kind of node, but TypeScript cannot tell for a generic P.
    const expression = node as unknown as Expression;
    if (key !== undefined) this.#known.set(key, expression);
    return expression;
  }
}

function keyOf(
  op: ExpressionOp,
  inputs: readonly Expression[],
  attributes: object,
  shape: Shape,
): string | undefined {
  const ids = inputs.map(({ id }) => id);
  if (op === 'add' || op === 'mul') ids.sort((a, b) => a - b);
  const parts = [op, ids.join(), shape.join()];
  for (const value of Object.values(attributes)) {
    if (value instanceof Float64Array) {
      if (value.length > LONGEST_SHARED_CONSTANT) return undefined;
      parts.push(Array.from(value, (x) => (Object.is(x, -0) ? '-0' : String(x))).join());
    } else parts.push(String(value));
  }
  return parts.join('|');
}
