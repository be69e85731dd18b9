import { describe, expect, it } from 'vitest';

import { affine } from '../../src/ops/composites/affine.js';
import { Float64Ops } from '../../src/ops/float64-ops.js';
import { ReferenceOps, tensor } from '../../src/ops/reference-ops.js';
import { ACTIVATIONS } from '../../src/network/architecture.js';
import { activate } from '../../src/network/layers/activation.js';
import { Random } from '../../src/random.js';
import { thrownBy } from '../support/error-code.js';
import { describeTensorOps } from './conformance.js';
import { deviation, uniformTensor } from './finite-differences.js';
import { float64Runner } from './runners/reference.js';

const fast = new Float64Ops();
const reference = new ReferenceOps();

describeTensorOps('Float64Ops', float64Runner, { tolerance: 1e-12 });

describe('Float64Ops', () => {
  // Fewer and more inputs than the four that go together, fewer and more rows than a block.
  const sizes = [1, 3, 4, 7, 8, 33].flatMap((fanIn) =>
    [1, 5].flatMap((fanOut) => [0, 1, 32, 70].map((rows) => [rows, fanIn, fanOut] as const)),
  );

  it.each(sizes)(
    'computes x W + b as the primitives do, to 1e-12 (%i×%i×%i)',
    (rows, fanIn, fanOut) => {
      const random = new Random(11);
      const x = uniformTensor(random, [rows, fanIn]);
      const weight = uniformTensor(random, [fanIn, fanOut]);
      const bias = uniformTensor(random, [fanOut]);
      const actual = affine(fast, x, weight, bias);
      const expected = affine(reference, x, weight, bias);
      expect(actual.shape).toEqual(expected.shape);
      expect(deviation(actual.data, expected.data)).toBeLessThan(1e-12);
    },
  );

  it('leaves stacks of networks to the primitives', () => {
    const random = new Random(12);
    const operands = [
      [3, 5, 4],
      [3, 4, 2],
      [3, 1, 2],
    ].map((shape) => uniformTensor(random, shape));
    const [x, weight, bias] = operands as [
      (typeof operands)[0],
      (typeof operands)[0],
      (typeof operands)[0],
    ];
    expect(fast.affine(x, weight, bias)).toBeUndefined();
    expect(affine(fast, x, weight, bias)).toEqual(affine(reference, x, weight, bias));
  });

  it('refuses weights and biases that do not fit', () => {
    const [x, square, row] = [tensor([1, 2], [1, 2]), tensor([1, 2, 3, 4], [2, 2]), tensor([1, 2])];
    expect(fast.affine(x, square, row)?.data).toEqual(Float64Array.of(8, 12));
    for (const [weight, bias] of [
      [tensor([1, 2, 3], [3, 1]), row],
      [square, tensor([1, 2, 3])],
    ] as const) {
      const { code, message } = thrownBy(() => fast.affine(x, weight, bias));
      expect(code).toBe('shape-mismatch');
      expect(message).toContain('expected W [2, n] and b [n]');
    }
  });

  it.each(ACTIVATIONS)('computes %s in one pass as the primitives do, to 1e-14', (name) => {
    const x = tensor([-40, -3, -1e-3, -0, 0, 1e-3, 0.7, 3, 40]);
    const expected = activate(reference, name, x);
    expect(deviation(activate(fast, name, x).data, expected.data)).toBeLessThan(1e-14);
    expect(activate(fast, name, tensor([NaN, 1])).data[0]).toBeNaN();
  });
});
