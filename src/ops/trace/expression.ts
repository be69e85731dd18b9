import type { Dim, Shape } from '../../onnx/dim.js';
import type { Primitive } from '../tensor-ops.js';

/** Attributes of an operation besides its inputs. */
interface OwnAttributes {
  readonly input: { readonly name: string };
  readonly constant: { readonly values: Float64Array; readonly shape: readonly number[] };
  readonly sum: ReductionAttributes;
  readonly mean: ReductionAttributes;
  readonly max: ReductionAttributes;
  readonly count: { readonly axes: readonly number[] };
  readonly layerNorm: { readonly epsilon: number };
  readonly maxPool: { readonly size: number };
  readonly transpose: { readonly permutation: readonly number[] };
  readonly concat: { readonly axis: number };
  readonly slice: { readonly axis: number; readonly start: Dim; readonly size: Dim };
  readonly pad: { readonly axis: number; readonly before: Dim; readonly after: Dim };
}

interface ReductionAttributes {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/** Inputs of the operations that do not have exactly one. */
interface OwnInputs {
  readonly input: readonly [];
  readonly constant: readonly [];
  readonly add: Pair;
  readonly sub: Pair;
  readonly mul: Pair;
  readonly div: Pair;
  readonly maximum: Pair;
  readonly matMul: Pair;
  readonly conv2d: Pair;
  readonly concat: readonly Expression[];
}

type Pair = readonly [Expression, Expression];

/** A primitive, or an input of the recorded computation. */
export type ExpressionOp = Primitive | 'input';

export type AttributesOf = {
  readonly [P in ExpressionOp]: P extends keyof OwnAttributes
    ? OwnAttributes[P]
    : Readonly<Record<string, never>>;
};

export type InputsOf = {
  readonly [P in ExpressionOp]: P extends keyof OwnInputs ? OwnInputs[P] : readonly [Expression];
};

/** One operation of a recorded computation. */
export interface ExpressionNode<P extends ExpressionOp> {
  readonly op: P;
  readonly inputs: InputsOf[P];
  readonly attributes: AttributesOf[P];
  readonly shape: Shape;
  /** Numbered by the tracer in order of recording: inputs have lower ids than their users. */
  readonly id: number;
}

/**
 * A value of a recorded computation: the operation that computes it. Within one tracer, equal
 * operations on equal inputs are the same object.
 */
export type Expression = { [P in ExpressionOp]: ExpressionNode<P> }[ExpressionOp];

/** The number that a constant of one element holds, else undefined. */
export function numberOf(x: Expression): number | undefined {
  return x.op === 'constant' && x.attributes.values.length === 1
    ? x.attributes.values[0]
    : undefined;
}

/** All expressions that `outputs` need, inputs before users; those in `given` need no inputs. */
export function reachable(
  outputs: readonly Expression[],
  given: { has(x: Expression): boolean } = new Set(),
): readonly Expression[] {
  const found = new Set<Expression>();
  const pending = [...outputs];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    if (!given.has(node)) pending.push(...node.inputs);
  }
  return [...found].sort((a, b) => a.id - b.id);
}
