import { chooseCuts, isComputed } from './rematerialise/cuts.js';
import { gradients } from './differentiate.js';
import type { TensorOps } from './tensor-ops.js';
import { reachable, type Expression } from './trace/expression.js';
import { replay } from './trace/replay.js';

type Ops = TensorOps<Expression>;

/**
 * Gradients that keep fewer values of the forward evaluation: it is cut into segments, only the
 * values at the cuts are kept, and the backward pass recomputes a segment before it needs it. This
 * reduces memory from all layers to about one segment and the cuts, for at most one more forward
 * evaluation.
 *
 * The result is that of `gradients`, also without entries that are 0 everywhere.
 *
 * @param wrt - the parameters; all other inputs count as data
 * @param segments - at least 2; about one per block of a network
 * @throws WeightspringError as `gradients` does
 * @see Chen et al. 2016, "Training deep nets with sublinear memory cost"
 */
export function checkpointedGradients(
  ops: Ops,
  output: Expression,
  wrt: readonly Expression[],
  segments: number,
): ReadonlyMap<Expression, Expression> {
  const forward = reachable([output]);
  const inputs = forward.filter(({ op }) => op === 'input');
  const cuts = chooseCuts(forward, segments);
  const found = gradients(ops, output, [...wrt, ...cuts.map(({ exit }) => exit)]);
  const needed = neededBackward(forward, [...found.values()]);

  // What the backward pass uses as a value of the forward pass: the value itself, or its
  // recomputation.
  const bindings = new Map(forward.map((value) => [value, value]));
  const rewritten = (cotangents: readonly Expression[]): Expression[] =>
    replay(cotangents, ops, bindings);

  for (const [index, { at, live, exit }] of [...cuts.entries()].reverse()) {
    const before = cuts[index - 1];
    const [reached] = rewritten([...found].flatMap(([x, g]) => (x === exit ? [g] : [])));
    if (reached === undefined) continue;
    const lost = forward
      .slice((before?.at ?? -1) + 1, at + 1)
      .filter((value) => needed.has(value) && !live.includes(value));
    const start = new Map(
      [...inputs, ...(before?.live ?? [])].map((value) => [
        value,
        wrt.includes(value) ? value : onceReached(ops, value, reached),
      ]),
    );
    for (const [k, again] of replay(lost, ops, start).entries()) {
      const value = lost[k];
      if (value !== undefined) bindings.set(value, again);
    }
  }
  const parameters = [...found].filter(([x]) => wrt.includes(x));
  const values = rewritten(parameters.map(([, cotangent]) => cotangent));
  return new Map(
    parameters.flatMap(([x], k) => values.slice(k, k + 1).map((value) => [x, value] as const)),
  );
}

/** The values computed in the forward pass that `cotangents` depend on directly. */
function neededBackward(
  forward: readonly Expression[],
  cotangents: readonly Expression[],
): ReadonlySet<Expression> {
  const before = new Set(forward);
  const used = reachable(cotangents)
    .filter((node) => !before.has(node))
    .flatMap(({ inputs }) => [...inputs]);
  return new Set(used.filter((value) => before.has(value) && isComputed(value)));
}

/**
 * `value + 0·c`: the same value, but a runtime cannot compute it before the cotangent c, nor merge
 * it with the value that it has dropped.
 */
function onceReached(ops: Ops, value: Expression, cotangent: Expression): Expression {
  const element = cotangent.shape.reduce<Expression>(
    (x, _, axis) => ops.slice(x, axis, 0, 1),
    cotangent,
  );
  return ops.add(value, ops.mul(ops.reshape(element, []), ops.constant(0)));
}
