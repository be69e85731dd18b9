import { ensure } from '../errors.js';
import { formatShape, sameShape } from '../onnx/dim.js';
import { reduceTo, sumOf } from './differentiate/cotangents.js';
import { VJP_RULES } from './differentiate/vjp-rules.js';
import type { Primitive, TensorOps } from './tensor-ops.js';
import { reachable, type Expression, type ExpressionNode } from './trace/expression.js';

/**
 * The gradient of a scalar with respect to each of `wrt`: reverse-mode differentiation of a
 * recording.
 *
 * The result continues the same recording, so it can be differentiated again, emitted as a graph or
 * replayed. It reuses the values of the forward evaluation.
 *
 * @param ops - the tracer that recorded `output`
 * @param wrt - inputs, or any other expressions on the way to `output`
 * @returns one expression per `wrt`, of its shape; 0 where `output` does not depend on it
 * @throws WeightspringError `shape-mismatch` when `output` is not a scalar, `no-gradient` for an
 *   operation without a rule
 */
export function differentiate(
  ops: TensorOps<Expression>,
  output: Expression,
  wrt: readonly Expression[],
): Expression[] {
  return orZeros(ops, gradients(ops, output, wrt), wrt);
}

/** {@link differentiate}, without an entry where the gradient is 0 everywhere. */
export function gradients(
  ops: TensorOps<Expression>,
  output: Expression,
  wrt: readonly Expression[],
): ReadonlyMap<Expression, Expression> {
  ensure(
    output.shape.length === 0,
    'shape-mismatch',
    () =>
      `expected a scalar of shape [] to differentiate, got ${formatShape(output.shape)}: reduce ` +
      'it with sum or mean, or give cotangents to vjp',
  );
  return backpropagate(ops, [output], [ops.constant(1)], wrt);
}

/**
 * Vector–Jacobian products: `Σ_i cotangent_iᵀ ∂output_i / ∂x` for each x of `wrt`.
 *
 * @param ops - the tracer that recorded `outputs`
 * @param cotangents - one per output, of its shape
 * @returns one expression per `wrt`, of its shape; 0 where no output depends on it
 * @throws WeightspringError `shape-mismatch`, `no-gradient` for an operation without a rule
 */
export function vjp(
  ops: TensorOps<Expression>,
  outputs: readonly Expression[],
  cotangents: readonly Expression[],
  wrt: readonly Expression[],
): Expression[] {
  return orZeros(ops, backpropagate(ops, outputs, cotangents, wrt), wrt);
}

function orZeros(
  ops: TensorOps<Expression>,
  cotangents: ReadonlyMap<Expression, Expression>,
  wrt: readonly Expression[],
): Expression[] {
  return wrt.map((x) => cotangents.get(x) ?? ops.broadcastTo(ops.constant(0), x.shape));
}

/** The cotangents of `wrt`, without those whose derivative is 0 everywhere. */
function backpropagate(
  ops: TensorOps<Expression>,
  outputs: readonly Expression[],
  cotangents: readonly Expression[],
  wrt: readonly Expression[],
): ReadonlyMap<Expression, Expression> {
  const contributions = new Map<Expression, Expression[]>();
  const contribute = (x: Expression, cotangent: Expression): void => {
    const earlier = contributions.get(x);
    if (earlier === undefined) contributions.set(x, [cotangent]);
    else earlier.push(cotangent);
  };
  for (const [index, output] of outputs.entries()) {
    contribute(output, checkedCotangent(output, cotangents[index]));
  }
  const cotangentOf = new Map<Expression, Expression>();
  const wanted = new Set(wrt);
  const active = dependents(outputs, wrt);
  // From users to inputs: all contributions to a node are complete when its turn comes.
  for (const node of [...active].reverse()) {
    const parts = contributions.get(node);
    if (parts === undefined) continue;
    const cotangent = sumOf(ops, parts);
    contributions.delete(node);
    if (wanted.has(node)) cotangentOf.set(node, cotangent);
    if (node.op === 'input') continue;
    for (const [index, input] of node.inputs.entries()) {
      const part = active.has(input) ? inputCotangent(ops, node, cotangent, index) : undefined;
      if (part !== undefined) contribute(input, reduceTo(ops, part, input.shape));
    }
  }
  return cotangentOf;
}

function checkedCotangent(output: Expression, cotangent: Expression | undefined): Expression {
  ensure(
    cotangent !== undefined && sameShape(cotangent.shape, output.shape),
    'shape-mismatch',
    () =>
      `vjp expects a cotangent of shape ${formatShape(output.shape)} for each output, got ` +
      (cotangent === undefined ? 'none' : formatShape(cotangent.shape)),
  );
  return cotangent;
}

/** The nodes that `outputs` need and that depend on `wrt`, inputs before users. */
function dependents(
  outputs: readonly Expression[],
  wrt: readonly Expression[],
): ReadonlySet<Expression> {
  const found = new Set(wrt);
  const ordered = new Set<Expression>();
  for (const node of reachable(outputs)) {
    if (!found.has(node) && !node.inputs.some((input) => found.has(input))) continue;
    found.add(node);
    ordered.add(node);
  }
  return ordered;
}

function inputCotangent<P extends Primitive>(
  ops: TensorOps<Expression>,
  node: ExpressionNode<P>,
  cotangent: Expression,
  input: number,
): Expression | undefined {
  ensure(
    Object.hasOwn(VJP_RULES, node.op),
    'no-gradient',
    () => `the operation ${node.op} has no gradient: use differentiable primitives instead`,
  );
  return VJP_RULES[node.op](ops, node, cotangent, input);
}
