import { describe, expect, it } from 'vitest';
import { descend, type DescentState } from '../../src/flow/guided-descent.js';
import { euclidean } from '../../src/geometry/euclidean.js';
import { product } from '../../src/geometry/product.js';
import { sphere } from '../../src/geometry/sphere.js';
import {
  ReferenceOps,
  scalarValue,
  tensor,
  type ReferenceTensor,
} from '../../src/ops/reference-ops.js';
import type { TensorOps } from '../../src/ops/tensor-ops.js';
import { replay, Tracer, type Expression } from '../../src/ops/trace.js';

const ops = new ReferenceOps();
const [BETA1, BETA2, EPSILON] = [0.9, 0.99, 1e-8];
const FLAT = product([euclidean]);
const TARGET = [1, -2, 3, 0.5];

/** `Σ (y − target)⁴ / 4` over two networks of two coordinates, whose slope is `(y − target)³`. */
function quartic<T>(o: TensorOps<T>, [y]: readonly T[]): T {
  const gap = o.sub(y as T, o.constant(TARGET, [2, 2]));
  const square = o.mul(gap, gap);
  return o.mul(o.constant(0.25), o.sum(o.mul(square, square)));
}

type HostState = DescentState<ReferenceTensor>;

const atRest = (): HostState => {
  const none = (): readonly ReferenceTensor[] => [tensor([0, 0, 0, 0], [2, 2])];
  return { shift: none(), first: none(), second: none(), taken: tensor([0, 0]) };
};

/** One evaluation's descent, recorded and replayed. */
function run(
  manifold: ReturnType<typeof product>,
  end: ReferenceTensor,
  state: HostState,
  { rate, gradients }: { readonly rate: readonly number[]; readonly gradients: number },
): { readonly point: ReferenceTensor; readonly state: HostState } {
  const tracer = new Tracer();
  const bindings = new Map<Expression, ReferenceTensor>();
  const input = (name: string, value: ReferenceTensor): Expression => {
    const recorded = tracer.input(name, value.shape);
    bindings.set(recorded, value);
    return recorded;
  };
  const parts = (name: 'shift' | 'first' | 'second') => [input(name, state[name][0]!)];
  const carried = {
    shift: parts('shift'),
    first: parts('first'),
    second: parts('second'),
    taken: input('taken', state.taken),
  };
  const descent = {
    lossAt: (tensors: readonly Expression[]) => quartic(tracer, tensors),
    rate: input('rate', tensor(rate)),
    gradients,
  };
  const { point, state: next } = descend(tracer, manifold, [input('end', end)], carried, descent);
  const [y, shift, first, second, taken] = replay(
    [...point, ...next.shift, ...next.first, ...next.second, next.taken],
    ops,
    bindings,
  );
  return {
    point: y!,
    state: { shift: [shift!], first: [first!], second: [second!], taken: taken! },
  };
}

/** Adam on one coordinate, written out. */
function adam(end: readonly number[], target: number, rates: readonly number[]): number {
  let [shift, first, second] = [0, 0, 0];
  rates.forEach((rate, k) => {
    const gradient = (end[k]! + shift - target) ** 3;
    first = BETA1 * first + (1 - BETA1) * gradient;
    second = BETA2 * second + (1 - BETA2) * gradient ** 2;
    const [mean, square] = [first / (1 - BETA1 ** (k + 1)), second / (1 - BETA2 ** (k + 1))];
    shift -= (rate * mean) / (Math.sqrt(square) + EPSILON);
  });
  return shift;
}

describe('descend', () => {
  it('is Adam with a rate for each network, going on from its state (1e-12)', () => {
    const once = run(FLAT, tensor([0, 0, 0, 0], [2, 2]), atRest(), {
      rate: [0.1, 0.2],
      gradients: 3,
    });
    // The flow predicts another end point now.
    const moved = tensor([0.5, 0.5, -1, -1], [2, 2]);
    const { point, state } = run(FLAT, moved, once.state, { rate: [0.05, 0.3], gradients: 2 });
    const [early, late] = [
      [0.1, 0.2],
      [0.05, 0.3],
    ] as const;
    TARGET.forEach((target, at) => {
      const network = at >> 1;
      const rates = [...Array<number>(3).fill(early[network]!), late[network]!, late[network]!];
      const ends = [0, 0, 0, moved.data[at]!, moved.data[at]!];
      const shift = adam(ends, target, rates);
      expect(state.shift[0]!.data[at]).toBeCloseTo(shift, 12);
      expect(point.data[at]).toBeCloseTo(moved.data[at]! + shift, 12);
    });
    expect([...state.taken.data]).toEqual([5, 5]);
  });

  it('comes down to the minimum', () => {
    let state = atRest();
    let point = tensor([0, 0, 0, 0], [2, 2]);
    for (let k = 0; k < 60; k++) {
      const rate = 0.2 * (1 - k / 60);
      ({ point, state } = run(FLAT, tensor([0, 0, 0, 0], [2, 2]), state, {
        rate: [rate, rate],
        gradients: 2,
      }));
    }
    // The quartic is flat near its minimum.
    const start = tensor([0, 0, 0, 0], [2, 2]);
    const [before, after] = [start, point].map((at) => scalarValue(quartic(ops, [at])));
    expect(after! / before!).toBeLessThan(1e-3);
  });

  it('stays on spheres, and comes to the nearest point of the target there', () => {
    const circle = product([sphere({ axes: [1] })]);
    let state = atRest();
    let point = tensor([0, 1, 0, 1], [2, 2]);
    for (let k = 0; k < 80; k++) {
      const rate = 0.1 * (1 - k / 80);
      ({ point, state } = run(circle, tensor([0, 1, 0, 1], [2, 2]), state, {
        rate: [rate, rate],
        gradients: 1,
      }));
      expect(Math.hypot(point.data[2]!, point.data[3]!)).toBeCloseTo(1, 12);
    }
    // Of the second network, whose target (3, 1/2) lies far outside: nearly in its direction.
    const found = Math.atan2(point.data[3]!, point.data[2]!);
    const losses = Array.from({ length: 1000 }, (_, k) => {
      const angle = (k / 1000) * 2 * Math.PI - Math.PI;
      return { angle, loss: (Math.cos(angle) - 3) ** 4 + (Math.sin(angle) - 0.5) ** 4 };
    });
    const best = losses.reduce((least, next) => (next.loss < least.loss ? next : least));
    expect(found).toBeCloseTo(best.angle, 1);
  });

  it('moves nothing where there is no gradient', () => {
    const end = tensor(TARGET, [2, 2]);
    const { point } = run(FLAT, end, atRest(), { rate: [1, 1], gradients: 4 });
    expect([...point.data]).toEqual(TARGET);
  });
});
