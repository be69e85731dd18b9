import { dimPolynomial, type Shape } from '../../onnx/dim.js';
import type { Expression } from '../trace/expression.js';

/** A position in the order of a computation at which few values are needed later. */
export interface Cut {
  /** Index of the last operation before it. */
  readonly at: number;
  /** Values computed before and used after. */
  readonly live: readonly Expression[];
  /** One of them that is not used before. */
  readonly exit: Expression;
}

/** Size assumed for a symbolic dimension when sizes are compared. */
const TYPICAL_SIZE = 16;

/**
 * Cuts a computation into `segments` of about equal size, at the positions crossed by the smallest
 * values; into fewer if there are not enough such positions.
 *
 * @param forward - the operations, inputs before users
 */
export function chooseCuts(forward: readonly Expression[], segments: number): readonly Cut[] {
  const uses = usesOf(forward);
  const sizes = forward.map((node) => (isComputed(node) ? sizeOf(node.shape) : 0));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const best = new Map<number, { readonly cost: number; readonly cut: Cut }>();
  let done = 0;
  let live: readonly Expression[] = [];
  for (const [at, node] of forward.entries()) {
    done += sizes[at] ?? 0;
    live = [...live, node].filter(
      (value) => isComputed(value) && (uses.get(value)?.last ?? 0) > at,
    );
    // The inner border k/segments nearest to this position.
    const border = Math.round((done / total) * segments);
    const exit = live.find((value) => (uses.get(value)?.first ?? 0) > at);
    if (border < 1 || border >= segments || exit === undefined) continue;
    const cost = live.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    if (cost < (best.get(border)?.cost ?? Infinity)) {
      best.set(border, { cost, cut: { at, live, exit } });
    }
  }
  return [...best.values()].map(({ cut }) => cut);
}

export function isComputed({ op }: Expression): boolean {
  return op !== 'input' && op !== 'constant';
}

/** Where each value is used first and last. */
function usesOf(
  forward: readonly Expression[],
): ReadonlyMap<Expression, { readonly first: number; readonly last: number }> {
  const uses = new Map<Expression, { readonly first: number; readonly last: number }>();
  for (const [at, node] of forward.entries()) {
    for (const input of node.inputs)
      uses.set(input, { first: uses.get(input)?.first ?? at, last: at });
  }
  return uses;
}

function sizeOf(shape: Shape): number {
  return shape.reduce<number>((size, dim) => {
    const terms = dimPolynomial(dim).map(
      ({ coefficient, factors }) => coefficient * TYPICAL_SIZE ** factors.length,
    );
    return size * terms.reduce((sum, term) => sum + term, 0);
  }, 1);
}
