import { describe, expect, it } from 'vitest';
import { checkpointedGradients } from '../../src/ops/rematerialise.js';
import { gelu } from '../../src/ops/composites/activations.js';
import { layerNorm } from '../../src/ops/composites/layer-norm.js';
import { gradients } from '../../src/ops/differentiate.js';
import { ReferenceOps } from '../../src/ops/reference-ops.js';
import { replay, Tracer, type Expression } from '../../src/ops/trace.js';
import { reachable } from '../../src/ops/trace/expression.js';
import { Random } from '../../src/random.js';
import { deviation, uniformTensor } from './finite-differences.js';

const BLOCKS = 4;

/** A residual network whose blocks all read a condition, as the adaptive norms of ours do. */
function recorded() {
  const ops = new Tracer();
  const x = ops.input('x', ['batch', 3]);
  const t = ops.input('t', ['batch', 3]);
  const condition = ops.tanh(ops.matMul(t, ops.input('c', [3, 3])));
  const wrt = [ops.input('c', [3, 3])];
  let h = x;
  for (let block = 0; block < BLOCKS; block++) {
    const [w, v] = [ops.input(`w${block}`, [3, 5]), ops.input(`v${block}`, [5, 3])];
    wrt.push(w, v);
    const normed = ops.mul(layerNorm(ops, h), condition);
    h = ops.add(h, ops.matMul(gelu(ops, ops.matMul(normed, w)), v));
  }
  return { ops, inputs: [x, t], wrt, loss: ops.mean(ops.mul(h, h)) };
}

/** Computed values of the forward pass that other operations than its own use. */
function remembered(loss: Expression, cotangents: readonly Expression[]): readonly Expression[] {
  const forward = new Set(reachable([loss]));
  const later = reachable(cotangents).filter((node) => !forward.has(node));
  const used = new Set(later.flatMap(({ inputs }) => [...inputs]));
  return [...forward].filter((node) => used.has(node) && node.inputs.length > 0);
}

describe('checkpointedGradients', () => {
  it('agrees with the gradients that remember everything (1e-13)', () => {
    const { ops, inputs, wrt, loss } = recorded();
    const plain = gradients(ops, loss, wrt);
    const checkpointed = checkpointedGradients(ops, loss, wrt, BLOCKS);
    const random = new Random(5);
    const bindings = new Map(
      [...inputs, ...wrt].map((input) => [
        input,
        uniformTensor(
          random,
          input.shape.map((dim) => (typeof dim === 'number' ? dim : 6)),
        ),
      ]),
    );
    const evaluate = (found: ReadonlyMap<Expression, Expression>) =>
      replay(
        wrt.map((x) => found.get(x)!),
        new ReferenceOps(),
        bindings,
      );
    const expected = evaluate(plain);
    for (const [index, gradient] of evaluate(checkpointed).entries()) {
      expect(deviation(gradient.data, expected[index]!.data)).toBeLessThan(1e-13);
    }
  });

  it('keeps of all segments but the last only what crosses the cuts', () => {
    const { ops, wrt, loss } = recorded();
    const plain = remembered(loss, [...gradients(ops, loss, wrt).values()]);
    const kept = remembered(loss, [...checkpointedGradients(ops, loss, wrt, BLOCKS).values()]);
    const wide = (list: readonly Expression[]) => list.filter(({ shape }) => shape[1] === 5);
    expect(wide(plain).length).toBeGreaterThanOrEqual(3 * BLOCKS);
    expect(wide(kept).length).toBeLessThanOrEqual(wide(plain).length / BLOCKS);
    expect(kept.length).toBeLessThan(plain.length / 2);
  });

  it('computes again only after the cotangent that it waits for', () => {
    const { ops, wrt, loss } = recorded();
    const found = [...checkpointedGradients(ops, loss, wrt, 2).values()];
    const erfs = reachable(found).filter(({ op }) => op === 'erf');
    const lossNodes = new Set(reachable([loss]));
    const again = erfs.filter((node) => !lossNodes.has(node));
    expect(again.length).toBeGreaterThan(0);
    // Only the gradient of erf takes an exp: below the recomputation there is one of a later block.
    expect([...lossNodes].some(({ op }) => op === 'exp')).toBe(false);
    for (const node of again) {
      expect(reachable([node]).some(({ op }) => op === 'exp')).toBe(true);
    }
  });

  it('leaves a computation without a place to cut as it is', () => {
    const ops = new Tracer();
    const w = ops.input('w', [2]);
    const loss = ops.sum(w);
    expect([...checkpointedGradients(ops, loss, [w], 4)]).toEqual([...gradients(ops, loss, [w])]);
  });
});
